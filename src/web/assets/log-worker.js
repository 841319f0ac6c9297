// Reads the logs beside the page, so that a flood of lines never holds it up:
// the page is told how many there are and fetches the few that are in sight.

const MOST_LINES = 100000;
const TELL_EVERY = 100;
/** So far behind and so fast means that the page can't keep up. */
const BEHIND = 3000;
const FAST = 5000;
const SKIP_TO = 1000;

let lines = [];
let first = 0;
let found = null;
let needle = '';
let reading = null;
let source = null;
let told = 0;
let rate = { since: performance.now(), count: 0, last: 0 };

function add(line) {
  lines.push(line);
  rate.count += 1;
  if (found && matches(line)) found.push(first + lines.length - 1);
}

function trim() {
  const surplus = lines.length - MOST_LINES;
  if (surplus < MOST_LINES / 10) return;
  lines = lines.slice(surplus);
  first += surplus;
  if (found) found = found.filter((at) => at >= first);
}

function matches(line) {
  return `${line.instance} ${line.plain ??= plain(line.line)}`.toLowerCase().includes(needle);
}

function plain(text) {
  // eslint-disable-next-line no-control-regex
  return text.replace(/\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)?/g, '');
}

function search(words) {
  needle = words.toLowerCase();
  found = needle ? [] : null;
  if (found) lines.forEach((line, at) => { if (matches(line)) found.push(first + at); });
  tell(true);
}

function tell(now = false) {
  const time = performance.now();
  if (!now && time - told < TELL_EVERY) return;
  told = time;
  if (time - rate.since >= 1000) {
    rate = { since: time, count: 0, last: Math.round((rate.count * 1000) / (time - rate.since)) };
  }
  const count = found ? found.length : lines.length;
  const begin = found ? 0 : first;
  postMessage({ kind: 'changed', begin, count, rate: rate.last, all: lines.length });
}

/** Answers lines by their place in what is shown. */
function view({ from, count, ask }) {
  const begin = found ? 0 : first;
  const some = [];
  for (let at = Math.max(from, begin); at < from + count; at += 1) {
    const line = found ? lines[found[at] - first] : lines[at - first];
    if (line) some.push({ ...line, at });
  }
  postMessage({ kind: 'lines', ask, lines: some });
}

async function read(begin, signal) {
  const response = await fetch(begin.url, {
    signal, cache: 'no-store', headers: { authorization: `Bearer ${source.token}`, accept: 'application/x-ndjson' },
  });
  if (!response.ok) {
    const failure = await response.json().catch(() => null);
    throw new Error(failure?.error?.words ?? `the answer is ${response.status}`);
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return 'over';
    const pieces = (rest + value).split('\n');
    rest = pieces.pop();
    let last = null;
    for (const piece of pieces) {
      if (!piece) continue;
      last = JSON.parse(piece);
      if (last.cursor) source.cursors.set(last.instance, last.cursor);
      add({ time: last.time, instance: last.instance, service: last.service, error: last.stream === 'stderr', line: last.line });
    }
    trim();
    tell();
    if (last && rate.last > FAST && Date.now() - Date.parse(last.time) > BEHIND) return 'behind';
  }
}

function urlOf(tail) {
  const cursors = [...source.cursors.values()];
  const name = source.name ? `&name=${encodeURIComponent(source.name)}` : '';
  const from = tail === null && cursors.length ? `&cursor=${encodeURIComponent(cursors.join(','))}` : `&tail=${tail ?? SKIP_TO}`;
  return `${source.path}?follow=true&colours=true${name}${from}`;
}

async function run(signal) {
  let tail = SKIP_TO;
  while (!signal.aborted) {
    const inner = new AbortController();
    const stop = () => inner.abort();
    signal.addEventListener('abort', stop, { once: true });
    let end = 'over';
    try {
      end = await read({ url: urlOf(tail) }, inner.signal);
      postMessage({ kind: 'state', words: '' });
    } catch (error) {
      if (signal.aborted) return;
      postMessage({ kind: 'state', words: error.message });
    }
    inner.abort();
    signal.removeEventListener('abort', stop);
    if (end === 'behind') {
      add({ time: new Date().toISOString(), instance: '', service: '', notice: true, line: 'lines were skipped to keep up; `devsup logs` has them all' });
      tail = SKIP_TO;
      source.cursors.clear();
    } else {
      tail = source.cursors.size ? null : SKIP_TO;
      await new Promise((done) => { setTimeout(done, 1000); });
    }
    tell(true);
  }
}

function open(wanted) {
  reading?.abort();
  reading = new AbortController();
  source = { ...wanted, cursors: new Map() };
  first += lines.length;
  lines = [];
  if (found) found = [];
  tell(true);
  run(reading.signal);
}

onmessage = ({ data }) => {
  if (data.kind === 'open') open(data);
  if (data.kind === 'close') reading?.abort();
  if (data.kind === 'search') search(data.words);
  if (data.kind === 'view') view(data);
};

setInterval(() => tell(true), 1000);
