// The services: what they are, how they do, and what can be done to them.

import { post } from './api.js';
import { $, Sparkline, bytes, clock, h, hueOf, percent, setText, since, toast } from './dom.js';
import { confirmKill } from './kill.js';

const MOST_EVENTS = 60;
const DOWN = ['stopped', 'completed', 'failed'];

const rows = new Map();
let order = [];
let openLogs = () => {};

export function onLogs(open) { openLogs = open; }

/** How well an instance is, as a colour. */
function mood(one) {
  if (one.state === 'failed' || one.health === 'unhealthy') return 'bad';
  if (one.state === 'completed') return 'done';
  if (one.state === 'stopped') return 'off';
  if (one.state === 'running' && one.health !== 'starting') return 'good';
  return 'busy';
}

function stateWords(one) {
  const exit = one.exit;
  const ended = exit && ['completed', 'failed'].includes(one.state);
  const how = ended ? (exit.signal ?? `exit ${exit.code}`) : null;
  const health = { starting: 'not healthy yet', healthy: 'healthy', unhealthy: 'unhealthy' }[one.health];
  const detail = one.state === 'running' ? health : how;
  return detail ? `${one.state} (${detail})` : one.state;
}

function note(one) {
  const notes = [];
  if (one.waits_for.length) notes.push(`waits for ${one.waits_for.join(', ')}`);
  if (one.restarts) notes.push(`started again ${one.restarts} ${one.restarts === 1 ? 'time' : 'times'}`);
  if (one.error) notes.push(one.error.split('\n')[0]);
  return notes.join(' · ');
}

async function act(one, verb) {
  try {
    await post(`/v1/services/${encodeURIComponent(one.instance)}/${verb}`);
  } catch (refused) {
    toast(`${one.instance}: ${refused.message}`, 'bad');
  }
}

class Row {
  constructor(one) {
    this.one = one;
    this.cpu = new Sparkline('processors', 5);
    this.memory = new Sparkline('memory', 8e6);
    this.parts = {
      dot: h('span.state-dot', { 'aria-hidden': 'true' }),
      name: h(`b.name.hue${hueOf(one.service)}`, {}, one.instance),
      tags: h('span.tags'),
      state: h('span.state-words'),
      note: h('span.note'),
      uptime: h('span'),
      url: h('span'),
      cpu: h('span.figure'),
      memory: h('span.figure'),
    };
    const button = (words, verb, label) =>
      h('button.small', { onclick: () => act(this.one, verb), 'aria-label': `${label} ${one.instance}` }, words);
    this.start = button('Start', 'start', 'Start');
    this.stop = button('Stop', 'stop', 'Stop');
    this.restart = button('Restart', 'restart', 'Restart');
    const logs = h('button.small', { onclick: () => openLogs(this.one.instance), 'aria-label': `Logs of ${one.instance}` }, 'Logs');
    this.kill = h('button.small.danger', {
      onclick: () => confirmKill(`Kill ${this.one.instance}`, { scope: 'service', name: this.one.instance }),
      'aria-label': `Kill ${one.instance}`,
    }, 'Kill…');
    const p = this.parts;
    const cell = (kind, ...children) => h(`div.${kind}`, { role: 'cell' }, ...children);
    this.element = h('div.service', { role: 'row', 'data-instance': one.instance },
      cell('who', p.dot, h('div.who-words', {}, h('div.who-line', {}, p.name, p.tags), p.note)),
      cell('state', p.state),
      cell('uptime', p.uptime),
      cell('url', p.url),
      cell('use', this.cpu.element, p.cpu),
      cell('use', this.memory.element, p.memory),
      cell('buttons', this.start, this.restart, this.stop, logs, this.kill));
    this.show(one);
  }

  show(one) {
    this.one = one;
    const p = this.parts;
    this.element.dataset.mood = mood(one);
    setText(p.state, stateWords(one));
    setText(p.note, note(one));
    if (p.tags.childElementCount !== one.tags.length) {
      p.tags.replaceChildren(...one.tags.map((tag) => h('span.tag', {}, tag)));
    }
    const place = one.url ?? (one.port ? `:${one.port}` : '');
    if (p.url.textContent !== place.replace('http://', '')) {
      p.url.replaceChildren(one.url
        ? h('a', { href: one.url, target: '_blank', rel: 'noreferrer noopener' }, one.url.replace('http://', ''))
        : place);
    }
    const down = DOWN.includes(one.state);
    this.start.hidden = !down;
    this.stop.hidden = this.restart.hidden = down;
    this.stop.disabled = this.restart.disabled = one.state === 'stopping';
    this.kill.hidden = down;
    this.tick();
  }

  tick() {
    setText(this.parts.uptime, this.one.pid ? since(this.one.started_at) : '');
  }

  uses(cpu, memory) {
    const down = DOWN.includes(this.one.state);
    this.cpu.push(cpu, percent(cpu));
    this.memory.push(memory, bytes(memory));
    setText(this.parts.cpu, down ? '' : percent(cpu));
    setText(this.parts.memory, down ? '' : bytes(memory));
  }
}

const HEAD = ['Service', 'State', 'Up', 'Address', 'CPU', 'Memory', ''];

/** Shows all, in the order of the file. */
export function showServices(all) {
  order = all.map((one) => one.instance);
  for (const name of [...rows.keys()]) {
    if (!order.includes(name)) rows.delete(name);
  }
  for (const one of all) {
    if (rows.has(one.instance)) rows.get(one.instance).show(one);
    else rows.set(one.instance, new Row(one));
  }
  const head = h('div.service.head', { role: 'row' },
    ...HEAD.map((words) => h('div', { role: 'columnheader' }, words)));
  $('services').replaceChildren(...(all.length ? [head] : []), ...order.map((name) => rows.get(name).element));
}

/** One has changed. */
export function showService(one) {
  const row = rows.get(one.instance);
  if (!row) return false;
  if (one.state === 'failed' && row.one.state !== 'failed') {
    toast(`${one.instance} failed: ${one.error?.split('\n')[0] ?? stateWords(one)}`, 'bad');
  }
  row.show(one);
  return true;
}

export function services() {
  return order.map((name) => rows.get(name).one);
}

/** What each uses, from the tree of processes. */
export function showUse(processes) {
  const use = new Map();
  for (const one of processes) {
    if (one.kind !== 'service') continue;
    const sum = use.get(one.instance) ?? { cpu: 0, memory: 0 };
    sum.cpu += one.cpu;
    sum.memory += one.memory;
    use.set(one.instance, sum);
  }
  for (const [name, row] of rows) {
    const sum = use.get(name) ?? { cpu: 0, memory: 0 };
    row.uses(sum.cpu, sum.memory);
  }
}

const jobRows = new Map();

/** Jobs, as far as their processes tell. A row stays as long as its job, and so does the focus in it. */
export function showJobs(processes) {
  const jobs = new Map(processes.filter((one) => one.kind === 'job' && one.leader).map((one) => [one.job, one]));
  $('jobs').hidden = !jobs.size;
  for (const [id, row] of jobRows) {
    if (jobs.has(id)) continue;
    row.element.remove();
    jobRows.delete(id);
  }
  for (const [id, one] of jobs) {
    if (!jobRows.has(id)) {
      jobRows.set(id, jobRow(one));
      $('job-list').append(jobRows.get(id).element);
    }
    jobRows.get(id).draw(one);
  }
}

function jobRow({ job, tags }) {
  const command = h('code');
  const note = h('span.note');
  const element = h('li', { 'data-job': job },
    h('b', {}, job), ' ', ...tags.map((tag) => h('span.tag', {}, tag)), ' ', command, ' ', note, ' ',
    h('button.small.danger', {
      'aria-label': `Kill job ${job}`,
      onclick: () => confirmKill(`Kill job ${job}`, { scope: 'job', id: job }),
    }, 'Kill…'));
  const draw = (one) => {
    setText(command, one.command);
    setText(note, `pid ${one.pid}, ${since(one.started_at)}`);
  };
  return { element, draw };
}

function eventWords(event) {
  switch (event.event) {
    case 'service': return [event.instance, stateWords(event)];
    case 'signal': return [event.instance, `was sent ${event.signal}`];
    case 'said': return [null, event.words];
    case 'stopping': return [null, 'everything is being stopped'];
    case 'stopped': return [null, event.clean ? 'everything has stopped' : 'the stop left something'];
    default: return null;
  }
}

/** Adds what happened to the list. */
export function showEvent(event) {
  const words = eventWords(event);
  if (!words) return;
  const [who, what] = words;
  const list = $('activity');
  const mark = event.event === 'service' ? mood(event) : 'none';
  list.prepend(h('li', { 'data-mood': mark },
    h('time', { dateTime: event.time }, clock(event.time)),
    h('span.state-dot', { 'aria-hidden': 'true' }),
    h(`span.event-words${event.event === 'said' ? '.said' : ''}`, {}, who && h(`b.hue${hueOf(who.replace(/\.\d+$/, ''))}`, {}, who), who ? ' ' : '', what)));
  while (list.childElementCount > MOST_EVENTS) list.lastElementChild.remove();
}

export function forget() {
  rows.clear();
  order = [];
  $('services').replaceChildren();
  $('activity').replaceChildren();
}

setInterval(() => rows.forEach((row) => row.tick()), 1000);
