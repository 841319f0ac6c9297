// Elements, numbers and little pictures. Text only ever becomes text: nothing
// that a service writes is read as markup.

/** An element: `h('p.note', {title: 'x'}, 'text', child)`. */
export function h(kind, properties = {}, ...children) {
  const [name, ...classes] = kind.split('.');
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith('on')) element.addEventListener(key.slice(2), value);
    else if (key in element && key !== 'role' && !key.startsWith('aria')) element[key] = value;
    else element.setAttribute(key, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const $ = (id) => document.getElementById(id);

/** Changes text only where it differs, so that a selection survives. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

export function bytes(count) {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let at = 0;
  let size = count;
  while (size >= 1000 && at < units.length - 1) { size /= 1000; at += 1; }
  return `${at > 0 && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[at]}`;
}

export function percent(cpu) {
  return `${cpu < 10 ? cpu.toFixed(1) : Math.round(cpu)}%`;
}

/** How long ago, in its two largest units. */
export function since(time) {
  if (!time) return '';
  const seconds = Math.max(0, Math.floor((Date.now() - Date.parse(time)) / 1000));
  const two = (number) => String(number).padStart(2, '0');
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h${two(Math.floor(seconds / 60) % 60)}m`;
  return `${Math.floor(seconds / 86400)}d${two(Math.floor(seconds / 3600) % 24)}h`;
}

export function clock(time) {
  const date = new Date(time);
  const two = (number) => String(number).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 96;
const HEIGHT = 24;
const POINTS = 60;

/** A line of the last minute; give it a value a second. */
export class Sparkline {
  constructor(label, least) {
    this.values = [];
    this.least = least;
    this.label = label;
    this.element = document.createElementNS(SVG, 'svg');
    this.element.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    this.element.setAttribute('preserveAspectRatio', 'none');
    this.element.setAttribute('class', 'spark');
    this.element.setAttribute('role', 'img');
    this.element.setAttribute('aria-label', label);
    this.area = this.element.appendChild(document.createElementNS(SVG, 'path'));
    this.area.setAttribute('class', 'area');
    this.line = this.element.appendChild(document.createElementNS(SVG, 'path'));
    this.line.setAttribute('class', 'line');
  }

  push(value, words) {
    this.values.push(value);
    if (this.values.length > POINTS) this.values.shift();
    const top = Math.max(this.least, ...this.values) * 1.1;
    const step = WIDTH / (POINTS - 1);
    const from = WIDTH - (this.values.length - 1) * step;
    const at = (one, index) =>
      `${(from + index * step).toFixed(1)},${(HEIGHT - 1 - (one / top) * (HEIGHT - 3)).toFixed(1)}`;
    const path = `M${this.values.map(at).join('L')}`;
    this.line.setAttribute('d', path);
    this.area.setAttribute('d', `${path}L${WIDTH},${HEIGHT}L${from.toFixed(1)},${HEIGHT}Z`);
    this.element.setAttribute('aria-label', `${this.label}: ${words}`);
  }
}

/** Says something that goes away by itself. */
export function toast(words, kind = 'good') {
  const note = h(`p.toast.${kind}`, {}, words);
  $('toasts').append(note);
  setTimeout(() => note.remove(), kind === 'bad' ? 9000 : 4500);
}

/** A colour for a name, the same each time. */
export function hueOf(name) {
  let sum = 2166136261;
  for (const char of name) sum = Math.imul(sum ^ char.codePointAt(0), 16777619) >>> 0;
  return sum % 12;
}
