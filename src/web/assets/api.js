// Asks `devsup serve`. The token comes once, behind the # of the address, and
// is kept for this tab alone; it goes out as a header, never as a cookie.

const KEPT = 'devsup-token';

function takeToken() {
  const found = /^#token=([0-9a-f]+)$/.exec(location.hash);
  if (found) {
    sessionStorage.setItem(KEPT, found[1]);
    // Out of the address bar, so that it is not copied by mistake.
    history.replaceState(null, '', location.pathname);
  }
  return sessionStorage.getItem(KEPT);
}

export const token = takeToken();

let prefix = '';

/** Which project is asked from now on. */
export function choose(key) {
  prefix = key ? `/p/${encodeURIComponent(key)}` : '';
}

/** The path of a question to that project. */
export function pathOf(path) {
  return path === '/v1/projects' ? path : prefix + path;
}

/** A refusal, in the words of who refuses. */
export class Refused extends Error {
  constructor(status, fault) {
    super(fault?.words ?? `the answer is ${status}`);
    this.status = status;
    this.code = fault?.code;
    this.hint = fault?.hint;
  }
}

async function ask(path, options) {
  const headers = { authorization: `Bearer ${token}`, ...options.headers };
  const response = await fetch(pathOf(path), { ...options, headers, cache: 'no-store' });
  if (response.ok) return response;
  const failure = await response.json().catch(() => null);
  throw new Refused(response.status, failure?.error);
}

export async function get(path) {
  return (await ask(path, {})).json();
}

export async function post(path, body) {
  const options = body === undefined
    ? { method: 'POST' }
    : { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } };
  return (await ask(path, options)).json();
}

/** Calls `tell` with each record of a stream of server-sent events, until it ends. */
export async function follow(path, signal, tell) {
  const response = await ask(path, { signal, headers: { accept: 'text/event-stream' } });
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    rest += value;
    const records = rest.split('\n\n');
    rest = records.pop();
    for (const record of records) {
      for (const line of record.split('\n')) {
        if (line.startsWith('data: ')) tell(JSON.parse(line.slice(6)));
      }
    }
  }
}

/** Waits; ends early with the signal. */
export function pause(milliseconds, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal?.addEventListener('abort', () => { clearTimeout(timer); done(); }, { once: true });
  });
}
