// A kill is asked for twice: first who would be hit and who is spared, then,
// once that was read, for real.

import { post } from './api.js';
import { $, h, toast } from './dom.js';

const dialog = $('kill');
const confirm = $('kill-confirm');
const cancel = $('kill-cancel');
let pending = null;

const REASONS = {
  not_ours: 'not ours',
  permission_denied: 'permission denied',
  kill_failed: 'kill failed',
  system_error: 'system error',
};

const count = (number) => `${number} ${number === 1 ? 'process' : 'processes'}`;

function show(...children) {
  $('kill-body').replaceChildren(...children);
}

/** Opens the dialog for this order: `{scope: 'service', name}` and so on. */
export async function confirmKill(title, order) {
  pending = order;
  $('kill-title').textContent = title;
  confirm.hidden = true;
  cancel.textContent = 'Cancel';
  show(h('p.note', {}, 'Looking at who would be hit…'));
  if (!dialog.open) dialog.showModal();
  try {
    const answer = await post('/v1/processes/kill', { ...order, dry_run: true });
    if (pending === order) showPlan(answer.plan);
  } catch (refused) {
    show(h('p.error', {}, refused.message), refused.hint ? h('p.note', {}, refused.hint) : null);
  }
}

function target(one) {
  const owner = one.instance ?? (one.job ? `job ${one.job}` : one.kind);
  return h('li', { 'data-pid': one.pid },
    h('span.pid', {}, String(one.pid)), h('span.owner', {}, owner), h('code', {}, one.command));
}

function showPlan(plan) {
  const parts = [];
  const hits = plan.targets.length;
  if (hits) {
    parts.push(h('p', {}, h('b', {}, count(hits)), ` will get ${plan.signal}, children before their parents:`));
    parts.push(h('ul.targets', { 'aria-label': 'Will be killed' }, ...plan.targets.map(target)));
  } else {
    parts.push(h('p', {}, 'Nobody would be hit.'));
  }
  for (const one of plan.refused) parts.push(missed(one));
  if (plan.spared.length) {
    const list = plan.spared.map((one) => h('li', { 'data-pid': one.pid },
      h('span.pid', {}, String(one.pid)), h('code', {}, one.command), h('span.why', {}, one.reason)));
    parts.push(h('details.spared', { open: plan.spared.length <= 6 },
      h('summary', {}, `${count(plan.spared.length)} spared`),
      h('ul.targets', { 'aria-label': 'Spared' }, ...list)));
  }
  show(...parts);
  confirm.hidden = hits === 0;
  confirm.disabled = false;
  confirm.textContent = `Kill ${count(hits)}`;
  (hits ? confirm : cancel).focus();
}

function missed(one) {
  return h('p.error', {}, `pid ${one.pid} is spared (${REASONS[one.reason] ?? one.reason}): ${one.words}`);
}

async function carryOut() {
  const order = pending;
  confirm.disabled = true;
  confirm.textContent = 'Killing…';
  try {
    const { killed, failed } = await post('/v1/processes/kill', order);
    confirm.hidden = true;
    cancel.textContent = 'Close';
    show(h('p.result', { 'data-killed': killed.length }, h('b', {}, `${count(killed.length)} ended.`)), ...failed.map(missed));
    cancel.focus();
    if (!failed.length) {
      toast(`${count(killed.length)} ended`);
      dialog.close();
    }
  } catch (refused) {
    confirm.hidden = true;
    show(h('p.error', {}, refused.message));
  }
}

confirm.addEventListener('click', (event) => { event.preventDefault(); carryOut(); });
dialog.addEventListener('close', () => { pending = null; });
