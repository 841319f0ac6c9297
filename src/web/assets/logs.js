// Logs: only the lines in sight are elements. Scrolling up pauses; the end
// follows.

import { pathOf, token } from './api.js';
import { $, clock, h, hueOf, setText } from './dom.js';

const box = $('log');
const [spacer, holder] = box.children;
const worker = new Worker('/log-worker.js', { type: 'module' });

let begin = 0;
let count = 0;
let following = true;
let asked = 0;
let seenEnd = 0;
let opened = null;
let lineHeight = 20;
let moving = false;

const COLOURS = ['black', 'red', 'green', 'yellow', 'blue', 'magenta', 'cyan', 'white'];

/** Cuts a line into pieces of one look each. */
export function pieces(text) {
  const result = [];
  let look = {};
  let at = 0;
  // eslint-disable-next-line no-control-regex
  for (const found of text.matchAll(/\x1b\[([0-9;:]*)([ -/]*[@-~])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]|[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f]|\x1b/g)) {
    if (found.index > at) result.push({ text: text.slice(at, found.index), look });
    at = found.index + found[0].length;
    if (found[2] === 'm') look = changed(look, found[1]);
  }
  if (at < text.length) result.push({ text: text.slice(at), look });
  return result;
}

function changed(before, parameters) {
  const look = { ...before };
  const numbers = parameters.split(/[;:]/).map(Number);
  for (let at = 0; at < numbers.length; at += 1) {
    const one = numbers[at];
    if (one === 0) for (const key of Object.keys(look)) delete look[key];
    else if (one === 1) look.bold = true;
    else if (one === 2) look.dim = true;
    else if (one === 3) look.italic = true;
    else if (one === 4) look.underline = true;
    else if (one === 7) look.inverse = true;
    else if (one === 22) { delete look.bold; delete look.dim; }
    else if (one === 23) delete look.italic;
    else if (one === 24) delete look.underline;
    else if (one === 27) delete look.inverse;
    else if (one >= 30 && one <= 37) look.fore = COLOURS[one - 30];
    else if (one >= 90 && one <= 97) look.fore = `bright-${COLOURS[one - 90]}`;
    else if (one >= 40 && one <= 47) look.back = COLOURS[one - 40];
    else if (one >= 100 && one <= 107) look.back = `bright-${COLOURS[one - 100]}`;
    else if (one === 39) delete look.fore;
    else if (one === 49) delete look.back;
    else if (one === 38 || one === 48) {
      const key = one === 38 ? 'fore' : 'back';
      if (numbers[at + 1] === 5) { look[key] = indexed(numbers[at + 2]); at += 2; }
      else if (numbers[at + 1] === 2) { look[key] = `rgb(${numbers.slice(at + 2, at + 5).map((part) => part & 255).join(' ')})`; at += 4; }
    }
  }
  return look;
}

function indexed(number) {
  if (number < 8) return COLOURS[number];
  if (number < 16) return `bright-${COLOURS[number - 8]}`;
  if (number >= 232) { const grey = 8 + (number - 232) * 10; return `rgb(${grey} ${grey} ${grey})`; }
  const cube = number - 16;
  const part = (value) => (value ? 55 + value * 40 : 0);
  return `rgb(${part(Math.floor(cube / 36))} ${part(Math.floor(cube / 6) % 6)} ${part(cube % 6)})`;
}

function span({ text, look }, words) {
  const element = h('span', {}, ...marked(text, words));
  const classes = ['bold', 'dim', 'italic', 'underline', 'inverse'].filter((one) => look[one]);
  for (const [key, name] of [['fore', 'color'], ['back', 'backgroundColor']]) {
    if (!look[key]) continue;
    if (look[key].startsWith('rgb')) element.style[name] = look[key];
    else classes.push(`${key}-${look[key]}`);
  }
  element.className = classes.join(' ');
  return element;
}

/** Text with what was searched for set off. */
function marked(text, words) {
  if (!words) return [text];
  const parts = [];
  const lower = text.toLowerCase();
  let at = 0;
  for (let found = lower.indexOf(words); found >= 0; found = lower.indexOf(words, at)) {
    if (found > at) parts.push(text.slice(at, found));
    parts.push(h('mark', {}, text.slice(found, found + words.length)));
    at = found + words.length;
  }
  if (at < text.length) parts.push(text.slice(at));
  return parts;
}

function lineElement(line, words, times) {
  if (line.notice) return h('div.line.notice', {}, h('span', {}, `— ${line.line} —`));
  return h(`div.line${line.error ? '.error' : ''}`, {},
    times && h('time', {}, clock(line.time)),
    h(`span.who.hue${hueOf(line.service)}`, {}, line.instance),
    h('span.text', {}, ...pieces(line.line).map((piece) => span(piece, words))));
}

function ask() {
  if (!box.offsetParent) return;
  const from = begin + Math.max(0, Math.floor(box.scrollTop / lineHeight) - 10);
  const some = Math.ceil(box.clientHeight / lineHeight) + 20;
  asked += 1;
  worker.postMessage({ kind: 'view', from, count: some, ask: asked });
}

function draw({ ask: number, lines }) {
  if (number !== asked) return;
  const words = $('log-search').value.trim().toLowerCase();
  const times = $('log-times').checked;
  const top = lines.length ? (lines[0].at - begin) * lineHeight : 0;
  holder.style.transform = `translateY(${top}px)`;
  holder.replaceChildren(...lines.map((line) => lineElement(line, words, times)));
}

function changedTo(message) {
  // What was dropped at the top must not move what is being read.
  const dropped = Math.max(0, message.begin - begin);
  const before = box.scrollTop;
  begin = message.begin;
  count = message.count;
  setText($('log-rate'), message.rate > 0 ? `${message.rate.toLocaleString()} lines/s` : `${message.all.toLocaleString()} lines`);
  if (!box.offsetParent) return;
  spacer.style.height = `${count * lineHeight}px`;
  moving = true;
  if (following) box.scrollTop = box.scrollHeight;
  else if (dropped) box.scrollTop = Math.max(0, before - dropped * lineHeight);
  showLatest();
  ask();
}

function showLatest() {
  if (following) seenEnd = begin + count;
  const unseen = Math.max(0, begin + count - seenEnd);
  $('log-latest').hidden = following;
  setText($('log-latest'), unseen ? `↓ ${unseen.toLocaleString()} new ${unseen === 1 ? 'line' : 'lines'}` : '↓ Jump to the latest');
}

function follow(yes) {
  following = yes;
  const button = $('log-follow');
  button.setAttribute('aria-pressed', String(yes));
  setText(button, yes ? 'Following' : 'Paused');
  if (yes) { moving = true; box.scrollTop = box.scrollHeight; }
  showLatest();
  ask();
}

function scrolled() {
  const atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - lineHeight * 2;
  // Our own moves are no wish of anybody.
  if (moving) moving = false;
  else if (atEnd !== following) return follow(atEnd);
  return ask();
}

/** Reads the logs of an instance, or of all. */
export function openLogs(name = $('log-service').value, again = false) {
  const wanted = `${pathOf('/v1/logs')} ${name}`;
  $('log-service').value = name;
  if (opened === wanted && !again) return;
  opened = wanted;
  begin = count = 0;
  worker.postMessage({ kind: 'open', path: pathOf('/v1/logs'), name, token });
  follow(true);
}

/** The page is looked at again, or for the first time. */
export function showLogs() {
  lineHeight = parseFloat(getComputedStyle(box).lineHeight) || 20;
  openLogs();
  spacer.style.height = `${count * lineHeight}px`;
  if (following) follow(true);
  ask();
}

/** The names that can be chosen. */
export function offerLogs(names) {
  const select = $('log-service');
  const known = [...select.options].slice(1).map((option) => option.value);
  if (known.join() === names.join()) return;
  const chosen = select.value;
  select.replaceChildren(h('option', { value: '' }, 'All services'), ...names.map((name) => h('option', { value: name }, name)));
  select.value = names.includes(chosen) ? chosen : '';
}

worker.onmessage = ({ data }) => {
  if (data.kind === 'changed') changedTo(data);
  if (data.kind === 'lines') draw(data);
};
box.addEventListener('scroll', scrolled, { passive: true });
$('log-service').addEventListener('input', () => openLogs());
$('log-search').addEventListener('input', () => worker.postMessage({ kind: 'search', words: $('log-search').value.trim() }));
$('log-times').addEventListener('input', ask);
$('log-follow').addEventListener('click', () => follow(!following));
$('log-latest').addEventListener('click', () => follow(true));
new ResizeObserver(() => { if (box.offsetParent) { lineHeight = parseFloat(getComputedStyle(box).lineHeight) || 20; if (following) follow(true); else ask(); } }).observe(box);
