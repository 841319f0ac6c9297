// Prints the services of the project in this directory, with what each uses.
// @ts-check

import { ask, socketOf } from './devsup.mjs';

const socket = socketOf(process.argv[2]);
const { project, services } = await ask(socket, 'GET /v1/services');
const { processes } = await ask(socket, 'GET /v1/processes');

console.log(`${project}:`);
for (const one of services) {
  const own = processes.filter((process) => process.instance === one.instance);
  const memory = own.reduce((sum, process) => sum + process.memory, 0);
  console.log(`  ${one.instance}  ${one.state}  ${own.length} processes  ${(memory / 1e6).toFixed(0)} MB`);
}
