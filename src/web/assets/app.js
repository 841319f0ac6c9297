// The page: which project, which view, and the two streams that feed them.
// Nothing is asked while nobody looks.

import { Refused, choose, follow, get, pause, token } from './api.js';
import { $, bytes, h, percent, setText } from './dom.js';
import { offerLogs, openLogs, showLogs } from './logs.js';
import { showProcesses, showTree } from './processes.js';
import { forget, onLogs, services, showEvent, showJobs, showService, showServices, showUse } from './services.js';

const VIEWS = ['services', 'processes', 'logs'];
const AGAIN = 1000;

let watching = null;
let chosen = null;
let cursor = 'start';
let watchedSince = 0;

function lock() {
  for (const view of VIEWS) $(`view-${view}`).hidden = true;
  document.body.classList.add('is-locked');
  $('locked').hidden = false;
  say('locked', 'off');
}

function say(words, mood) {
  setText($('live-words'), words);
  $('live').dataset.mood = mood;
}

/** Does something again and again until it is told to stop. */
async function again(signal, work) {
  while (!signal.aborted) {
    try {
      await work();
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.status === 401) return lock();
      lost(error);
    }
    await pause(AGAIN, signal);
  }
  return undefined;
}

function lost(error) {
  const absent = error instanceof Refused && error.code === 'not_running';
  say(absent ? 'nothing runs' : 'not connected', absent ? 'off' : 'bad');
  if (absent) {
    showServices([]);
    $('nothing').hidden = false;
  }
}

async function watchServices(signal) {
  const inner = new AbortController();
  const stop = () => inner.abort();
  signal.addEventListener('abort', stop, { once: true });
  watchedSince = Date.now() - 1000;
  try {
    // What changes while all are asked for is told twice rather than not at all.
    await Promise.all([follow(`/v1/events?since=${cursor}`, inner.signal, hear), refresh()]);
    await refresh();
  } finally {
    inner.abort();
    signal.removeEventListener('abort', stop);
  }
}

async function refresh() {
  const all = await get('/v1/services');
  $('nothing').hidden = true;
  say(all.stopping ? 'stopping' : 'live', all.stopping ? 'busy' : 'good');
  document.title = `${all.project} · devsup`;
  showServices(all.services);
  offerLogs(services().map((one) => one.instance));
}

function hear(event) {
  if (event.cursor) cursor = event.cursor;
  showEvent(event);
  // What happened before is history: the state of now was asked for.
  if (Date.parse(event.time) < watchedSince) return;
  if (event.event === 'service') showService(event);
  if (event.event === 'stopping') say('stopping', 'busy');
}

function watchProcesses(signal) {
  return follow('/v1/processes?interval_ms=1000', signal, (all) => {
    showUse(all.processes);
    showJobs(all.processes);
    showProcesses(all);
    const { cpu, memory, processes } = all.totals;
    const figure = (name, value) => h('div', {}, h('dt', {}, name), h('dd', {}, value));
    $('totals').replaceChildren(
      figure('processes', String(processes)), figure('CPU', percent(cpu)), figure('memory', bytes(memory)));
  });
}

/** Begins to watch the project that is chosen. */
function watch() {
  watching?.abort();
  watching = new AbortController();
  const { signal } = watching;
  again(signal, () => watchServices(signal));
  again(signal, () => watchProcesses(signal));
}

async function offerProjects() {
  const { projects } = await get('/v1/projects');
  const select = $('project');
  const before = select.value;
  select.replaceChildren(...projects.map((one) =>
    h('option', { value: one.key, title: one.root }, one.running ? one.project : `${one.project} (not running)`)));
  const here = projects.find((one) => one.here) ?? projects[0];
  select.value = projects.some((one) => one.key === before) ? before : here?.key;
  select.title = projects.find((one) => one.key === select.value)?.root ?? '';
}

function take(key) {
  if (key === chosen) return;
  chosen = key;
  choose(key);
  cursor = 'start';
  forget();
  watch();
  if (current() === 'logs') openLogs('', true);
}

const current = () => VIEWS.find((view) => $(`tab-${view}`).getAttribute('aria-selected') === 'true');

function show(view, focus = false) {
  for (const one of VIEWS) {
    const tab = $(`tab-${one}`);
    tab.setAttribute('aria-selected', String(one === view));
    tab.tabIndex = one === view ? 0 : -1;
    $(`view-${one}`).hidden = one !== view;
  }
  if (focus) $(`tab-${view}`).focus();
  if (view === 'processes') showTree();
  if (view === 'logs') showLogs();
  sessionStorage.setItem('devsup-view', view);
}

function keys(event) {
  const typing = event.target.closest('input, select, textarea, dialog');
  if (event.ctrlKey || event.metaKey || event.altKey || typing) return;
  const view = { 1: 'services', 2: 'processes', 3: 'logs' }[event.key];
  if (view) show(view, true);
  if (event.key === '/') {
    const field = { processes: 'process-filter', logs: 'log-search' }[current()];
    if (field) { $(field).focus(); event.preventDefault(); }
  }
}

function moveTab(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!step) return;
  show(VIEWS[(VIEWS.indexOf(current()) + step + VIEWS.length) % VIEWS.length], true);
}

async function begin() {
  if (!token) return lock();
  for (const view of VIEWS) $(`tab-${view}`).addEventListener('click', () => show(view));
  document.querySelector('.tabs').addEventListener('keydown', moveTab);
  document.addEventListener('keydown', keys);
  $('project').addEventListener('input', () => take($('project').value));
  $('project').addEventListener('pointerdown', () => offerProjects());
  onLogs((name) => { show('logs'); openLogs(name); });
  // Nobody looks at a hidden page, so nothing is measured for it.
  document.addEventListener('visibilitychange', () => { if (document.hidden) watching?.abort(); else watch(); });
  try {
    await offerProjects();
  } catch (error) {
    if (error instanceof Refused && error.status === 401) return lock();
    lost(error);
  }
  take($('project').value);
  return show(sessionStorage.getItem('devsup-view') ?? 'services');
}

begin();
