// The tree of processes: only the rows in sight are elements, so that two
// thousand of them cost no more than forty.

import { $, bytes, h, hueOf, percent, setText, since } from './dom.js';
import { confirmKill } from './kill.js';

const box = $('tree');
const spacer = box.appendChild(h('div.spacer'));
const elements = new Map();
const closed = new Set();
let processes = [];
let shown = [];
let active = null;
let rowHeight = 30;

const GROUPS = {
  service: (one) => one.instance,
  job: (one) => `job ${one.job}`,
  stray: () => 'Strays: ours, but no service or job holds them',
  suspect: () => 'Suspects: may be ours, never killed from here',
  devsup: () => 'devsup’s own',
  other: () => 'Not ours',
};

const KINDS = [
  ['', 'Everybody'], ['service', 'Services'], ['job', 'Jobs'], ['stray', 'Strays'], ['suspect', 'Suspects'],
];

function matches(one, words) {
  if (!words) return true;
  const text = `${one.pid} ${one.command} ${one.instance ?? ''} ${one.job ?? ''} ${one.tags.join(' ')} ` +
    `${one.ports.map((port) => `:${port}`).join(' ')} ${one.cwd ?? ''}`;
  return words.split(/\s+/).every((word) => text.toLowerCase().includes(word));
}

/** Who is to be seen: those that match, with all above them. */
function wanted() {
  const words = $('process-filter').value.trim().toLowerCase();
  const kind = $('process-kind').value;
  const leaders = $('leaders-only').checked;
  const byPid = new Map(processes.map((one) => [one.pid, one]));
  const keep = new Set();
  for (const one of processes) {
    if ((kind && one.kind !== kind) || (leaders && !one.leader) || !matches(one, words)) continue;
    for (let up = one; up && !keep.has(up.pid); up = up.depth > 0 ? byPid.get(up.parent) : null) {
      keep.add(up.pid);
      if (leaders) break;
    }
  }
  return processes.filter((one) => keep.has(one.pid));
}

/** Rows and headings, without what is folded away. */
function arrange() {
  const list = wanted();
  const result = [];
  let group = null;
  let folded = null;
  list.forEach((one, at) => {
    const name = GROUPS[one.kind](one);
    if (name !== group) {
      group = name;
      folded = null;
      result.push({ id: `g:${name}`, heading: name, kind: one.kind, first: one });
    }
    if (folded !== null && one.depth > folded) return;
    folded = null;
    const next = list[at + 1];
    const parent = Boolean(next && next.depth > one.depth && GROUPS[next.kind](next) === name);
    if (parent && closed.has(one.pid)) folded = one.depth;
    result.push({ id: `p:${one.pid}`, one, parent });
  });
  return result;
}

function heading(entry) {
  const element = h('div.row.group', { id: `row-${CSS.escape(entry.id)}`, role: 'row' },
    h('span.group-name', { role: 'gridcell' }), h('span.tags'), h('span.group-kill'));
  const draw = ({ first, kind }) => {
    const [name, tags, kill] = element.children;
    setText(name, entry.heading);
    name.className = `group-name ${kind === 'service' ? `hue${hueOf(first.service)}` : ''}`;
    if (tags.childElementCount !== first.tags.length) {
      tags.replaceChildren(...first.tags.map((tag) => h('button.tag', {
        title: `Kill everything tagged ${tag}`,
        onclick: () => confirmKill(`Kill everything tagged ${tag}`, { scope: 'tag', tag }),
      }, tag)));
    }
    if (kind === 'service' && !kill.childElementCount) {
      kill.append(h('button.small.danger', {
        'aria-label': `Kill ${first.instance}`,
        onclick: () => confirmKill(`Kill ${first.instance}`, { scope: 'service', name: first.instance }),
      }, 'Kill…'));
    }
  };
  return { element, draw };
}

function row(entry) {
  const pid = entry.one.pid;
  const toggle = h('button.toggle', { tabIndex: -1, onclick: () => fold(pid) });
  const command = h('code');
  const cells = ['n', 'n', 'n', 'n.wide', 'n.wide', 'wide', 'n.wide'].map((kind) => h(`span.${kind}`, { role: 'gridcell' }));
  const kill = h('button.small.danger', {
    tabIndex: -1, 'aria-label': `Kill ${pid}`, onclick: () => killOne(entry.latest ?? entry.one),
  }, 'Kill…');
  const state = h('span.flag');
  const element = h('div.row', {
    id: `row-p-${pid}`, role: 'row', 'data-pid': pid, onclick: () => activate(`p:${pid}`, false),
  }, h('span.command', { role: 'gridcell' }, toggle, command, state), ...cells, h('span.row-kill', { role: 'gridcell' }, kill));
  const draw = ({ one, parent }) => {
    entry.latest = one;
    element.setAttribute('aria-level', one.depth + 1);
    element.classList.toggle('quiet', one.kind === 'other' || one.kind === 'devsup');
    element.firstChild.style.paddingLeft = `${0.5 + one.depth * 1.15}rem`;
    toggle.classList.toggle('leaf', !parent);
    toggle.classList.toggle('closed', closed.has(pid));
    toggle.setAttribute('aria-label', closed.has(pid) ? 'Unfold' : 'Fold');
    if (parent) element.setAttribute('aria-expanded', String(!closed.has(pid)));
    else element.removeAttribute('aria-expanded');
    setText(command, one.command);
    command.title = `${one.command}\n${one.cwd ?? ''}\n${one.evidence.join(', ')}${one.reason ? `\n${one.reason}` : ''}`;
    setText(state, ['running', 'sleeping'].includes(one.state) ? '' : one.state);
    const words = [String(pid), percent(one.cpu), bytes(one.memory),
      one.memory_tree > one.memory ? bytes(one.memory_tree) : '', String(one.threads || ''),
      one.ports.map((port) => `:${port}`).join(' '), since(one.started_at)];
    words.forEach((text, at) => setText(cells[at], text));
    cells[1].classList.toggle('hot', one.cpu >= 50);
    kill.hidden = !['service', 'job', 'stray'].includes(one.kind);
  };
  return { element, draw };
}

function killOne(one) {
  confirmKill(`Kill ${one.pid} and all below it`, { scope: 'single', pid: one.pid, start: one.start });
}

function fold(pid) {
  if (!closed.delete(pid)) closed.add(pid);
  render();
}

function activate(id, scroll = true) {
  active = id;
  if (scroll) {
    const at = shown.findIndex((entry) => entry.id === id);
    const top = at * rowHeight;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + rowHeight > box.scrollTop + box.clientHeight) box.scrollTop = top + rowHeight - box.clientHeight;
  }
  draw();
}

/** Puts the rows in sight where they belong. */
function draw() {
  const from = Math.max(0, Math.floor(box.scrollTop / rowHeight) - 4);
  const to = Math.min(shown.length, Math.ceil((box.scrollTop + box.clientHeight) / rowHeight) + 4);
  const seen = new Set();
  for (let at = from; at < to; at += 1) {
    const entry = shown[at];
    seen.add(entry.id);
    let drawn = elements.get(entry.id);
    if (!drawn) {
      drawn = entry.heading ? heading(entry) : row(entry);
      elements.set(entry.id, drawn);
      box.append(drawn.element);
    }
    drawn.draw(entry);
    drawn.element.style.transform = `translateY(${at * rowHeight}px)`;
    drawn.element.setAttribute('aria-rowindex', at + 1);
    drawn.element.classList.toggle('active', entry.id === active);
    if (entry.id === active) box.setAttribute('aria-activedescendant', drawn.element.id);
  }
  for (const [id, drawn] of elements) {
    if (!seen.has(id)) { drawn.element.remove(); elements.delete(id); }
  }
}

function render() {
  rowHeight = parseFloat(getComputedStyle(box).getPropertyValue('--row')) * parseFloat(getComputedStyle(document.documentElement).fontSize) || 30;
  shown = arrange();
  spacer.style.height = `${shown.length * rowHeight}px`;
  box.setAttribute('aria-rowcount', shown.length);
  draw();
}

/** Shows a new look at them. */
export function showProcesses(all) {
  processes = all.processes;
  const strays = processes.filter((one) => one.kind === 'stray').length;
  $('kill-strays').disabled = !processes.some((one) => ['stray', 'job'].includes(one.kind));
  $('kill-project').disabled = !processes.length;
  const noun = all.totals.processes === 1 ? 'process' : 'processes';
  setText($('tree-foot'), processes.length
    ? `${all.totals.processes} ${noun}${strays ? `, ${strays} of them stray` : ', no strays'} · looked at in ${all.took_ms} ms`
    : 'No process of this project runs.');
  if (box.offsetParent) render();
}

export function showTree() { render(); }

function keys(event) {
  const at = shown.findIndex((entry) => entry.id === active);
  const go = (to) => { if (shown[to]) activate(shown[to].id); event.preventDefault(); };
  const entry = shown[at];
  switch (event.key) {
    case 'ArrowDown': return go(Math.min(shown.length - 1, at + 1));
    case 'ArrowUp': return go(Math.max(0, at - 1));
    case 'Home': return go(0);
    case 'End': return go(shown.length - 1);
    case 'PageDown': return go(Math.min(shown.length - 1, at + 15));
    case 'PageUp': return go(Math.max(0, at - 15));
    case 'ArrowRight': if (entry?.parent && closed.has(entry.one.pid)) fold(entry.one.pid); return undefined;
    case 'ArrowLeft': if (entry?.parent && !closed.has(entry.one.pid)) fold(entry.one.pid); return undefined;
    case 'Enter': if (entry?.parent) fold(entry.one.pid); return undefined;
    case 'Delete': if (entry?.one) killOne(entry.one); return undefined;
    default: return undefined;
  }
}

$('process-kind').replaceChildren(...KINDS.map(([value, words]) => h('option', { value }, words)));
for (const id of ['process-filter', 'process-kind', 'leaders-only']) $(id).addEventListener('input', render);
$('kill-strays').addEventListener('click', () => confirmKill('Kill jobs and strays; services go on', { scope: 'all_except_services' }));
$('kill-project').addEventListener('click', () => confirmKill('Kill everything of this project', { scope: 'project' }));
box.addEventListener('scroll', draw, { passive: true });
box.addEventListener('keydown', (event) => { if (event.target === box) keys(event); });
new ResizeObserver(() => { if (box.offsetParent) render(); }).observe(box);
