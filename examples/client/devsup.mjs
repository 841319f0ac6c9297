// A client of the API of a supervisor: HTTP and JSON over its unix socket.
// @ts-check

import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';

/** @typedef {import('./devsup').Requests} Requests */

/** Where the supervisor of the project in this directory listens. */
export function socketOf(directory = process.cwd()) {
  /** @type {{socket: string}} */
  const run = JSON.parse(readFileSync(join(directory, '.pids', 'run.json'), 'utf8'));
  return run.socket;
}

/**
 * Asks: `ask(socket, 'GET /v1/services')`, and with `{name}` in the path
 * `ask(socket, 'POST /v1/services/{name}/restart', {path: {name: 'web'}})`.
 *
 * @template {keyof Requests} What
 * @param {string} socketPath
 * @param {What} what
 * @param {{path?: Record<string, string>, query?: Requests[What]['query'], body?: Requests[What]['body']}} [how]
 * @returns {Promise<Requests[What]['answer']>}
 */
export function ask(socketPath, what, { path = {}, query = {}, body } = {}) {
  const [method, template] = what.split(' ');
  const plain = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name] ?? ''));
  const words = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  const target = words.length ? `${plain}?${words.join('&')}` : plain;
  return new Promise((done, refuse) => {
    const sent = request({ socketPath, method, path: target, headers: { 'content-type': 'application/json' } }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (part) => { text += part; });
      answer.on('end', () => {
        const json = JSON.parse(text);
        if ((answer.statusCode ?? 500) < 300) done(json);
        else refuse(new Error(json.error.words));
      });
    });
    sent.on('error', refuse);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
