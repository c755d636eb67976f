let methods = [], current = null, form = null, nextId = 1, batch = [];

/*
 * The form is a view of the JSON, and the JSON is what is sent. If the JSON has content that the form cannot show, such as a batch, the two are out of step.
 */
let isInStep = true;
const changed = () => { syncJson(); };
function bodyOf(parameters) {
  if (!isRpc) return parameters ?? 'null';
  const parts = ['"jsonrpc":"2.0"', '"method":' + JSON.stringify(current.name)];
  if (parameters !== undefined && !(parameters === '{}' && !current.any)) parts.push('"params":' + parameters);
  if (!$('notify').checked) parts.push('"id":' + nextId);
  return '{' + parts.join(',') + '}';
}
function syncJson() {
  if (!form || !current) return;
  const text = bodyOf(form.get());
  const node = tryRead(text);
  $('body').value = node ? pretty(node) : text;
  $('body').removeAttribute('aria-invalid'); $('fault').textContent = '';
  isInStep = true;
  hideCurl();
}
function syncForm() {
  hideCurl();
  isInStep = false;
  let node;
  try { node = read($('body').value); } catch (e) {
    $('body').setAttribute('aria-invalid', 'true'); $('fault').textContent = e.message; return;
  }
  $('body').removeAttribute('aria-invalid'); $('fault').textContent = '';
  if (!isRpc) { form?.set(node); isInStep = true; return; }
  const name = textOf(member(node, 'method'));
  if (name === undefined) { $('fault').textContent = node.kind === '[' ? 'A batch: the form shows single calls only.' : ''; return; }
  if (name !== current?.name) { const m = methods.find(x => x.name === name); if (m) choose(m, true); }
  $('notify').checked = member(node, 'id') === undefined;
  if (name === current?.name) { form?.set(member(node, 'params')); isInStep = true; }
}
function choose(method, keepBody) {
  current = method;
  for (const b of $('methods').querySelectorAll('button')) b.dataset.name === method.name ? b.setAttribute('aria-current', 'true') : b.removeAttribute('aria-current');
  $('name').textContent = method.name; $('name').classList.toggle('old', !!method.deprecated);
  $('words').textContent = [method.deprecated ? 'Deprecated.' : '', method.summary, method.description, method.result?.description ? 'Returns: ' + method.result.description : '',
    { safe: 'Safe: a call changes nothing.', idempotent: 'Idempotent: a call may be repeated.' }[method['x-idempotency']],
    ...(method.errors || []).map(e => `${e.code.digits}: ${e.message}`)].filter(Boolean).join('\n');
  /* The parameters of JSON-RPC are an object or an array, or are left out (JSON-RPC 2.0, 4.2); null is invalid. */
  const types = typesOf(resolve(method.schema)).filter(type => type !== 'null');
  form = isRpc ? widget({ ...resolve(method.schema), type: types }, null, types.length === 1, 0) : widget(method.schema, null, true, 0);
  method.any = typesOf(resolve(method.schema)).length === 0 || !!method.whole;
  const empty = !typesOf(resolve(method.schema)).length ? false : resolve(method.schema).properties && !Object.keys(resolve(method.schema).properties).length;
  $('form').replaceChildren(empty ? make('p', { className: 'hint', textContent: 'This method has no parameters.' }) : form.element);
  for (const [box, schema, node] of [['streams', 'stream-schema', member(member(method.node, 'x-stream'), 'item')],
    ['reports', 'progress-schema', member(member(method.node, 'x-progress'), 'value')]]) {
    $(box).hidden = !node;
    if (node) show($(schema), node);
  }
  if (method.node) { show($('schema'), method.node); $('schema-box').hidden = false; } else $('schema-box').hidden = true;
  fitList();
  if (keepBody) return;
  $('notify').checked = false;
  form.set(undefined);
  syncJson();
  if (isRpc) history.replaceState(null, '', '#' + encodeURIComponent(method.name));
}
function listMethods() {
  const words = $('search').value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const found = methods.filter(m => words.every(w => `${m.name} ${m.summary ?? ''} ${m.description ?? ''}`.toLowerCase().includes(w)));
  $('methods').replaceChildren(...found.map(m => {
    const b = make('button', {}, make('b', { textContent: m.name, dir: 'auto', className: m.deprecated ? 'old' : '' }));
    if (m.summary) b.append(make('small', { textContent: m.summary, dir: 'auto' }));
    b.dataset.name = m.name;
    if (m === current) b.setAttribute('aria-current', 'true');
    b.addEventListener('click', () => choose(m));
    return make('li', {}, b);
  }));
  $('count').textContent = `${found.length} of ${methods.length} methods`;
  isWhole = false;
  fitList();
}
/* The list ends after a whole row, never in the middle of a row; a button shows the rest. */
let isWhole = false;
function fitList() {
  const list = $('methods'), rows = [...list.children], last = rows.at(-1);
  list.style.maxHeight = '';
  const isNarrow = matchMedia('(max-width: 50rem)').matches, room = isNarrow ? Math.max(340, innerHeight * .45) : Math.max(300, innerHeight - 200);
  const isLong = !!last && last.offsetTop + last.offsetHeight > room;
  $('all').hidden = !isLong;
  $('all').textContent = isWhole ? 'Show fewer' : `Show all ${rows.length}`;
  $('all').setAttribute('aria-expanded', isWhole);
  if (!isLong || isWhole) return;
  const fitting = rows.filter(row => row.offsetTop + row.offsetHeight <= room).at(-1);
  if (fitting) list.style.maxHeight = `${fitting.offsetTop + fitting.offsetHeight}px`;
  const chosen = list.querySelector('[aria-current]')?.parentElement;
  if (chosen && (chosen.offsetTop < list.scrollTop || chosen.offsetTop + chosen.offsetHeight > list.scrollTop + list.clientHeight)) list.scrollTop = chosen.offsetTop;
}

/* Discovery. OpenRPC requires a version; this one stands for a server without a version. */
const noVersion = '0.0.0';
function headers() {
  const all = new Headers({ 'Content-Type': 'application/json' });
  for (const line of $('headers').value.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) all.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return all;
}
/* For a method that streams or reports progress the page requests a stream, unless the headers that the user has entered request something else. */
const calledBy = node => isRpc && node ? methods.find(m => m.name === textOf(member(node, 'method'))) : undefined;
function headersFor(body) {
  const all = headers(), node = tryRead(body), method = calledBy(node);
  if ((method?.['x-stream'] || method?.['x-progress']) && member(node, 'id') && !all.has('Accept')) all.set('Accept', eventStream);
  return all;
}
const asksForStream = all => isRpc && (all.get('Accept') ?? '').includes(eventStream);
function notice(text) { $('notice').hidden = !text; $('notice').textContent = text; }
async function discover() {
  notice('');
  const anything = { name: isRpc ? 'method' : 'The function', schema: isRpc ? { type: ['object', 'array'] } : {}, any: true };
  try {
    const h = headers();
    if (!isRpc) h.set('Accept', 'application/schema+json');
    const r = await fetch(location.origin + location.pathname, { method: 'POST', headers: h, body: isRpc ? '{"jsonrpc":"2.0","method":"rpc.discover","id":0}' : 'null' });
    const node = read(await r.text());
    if (r.status === 401 || r.status === 403) throw new Error(`The server requires authentication (${r.status}). Enter a token under Headers below, and reload.`);
    const document_ = isRpc ? member(node, 'result') : member(node, 'definitions') && node;
    if (!document_ || document_.kind !== '{') throw new Error('The server does not describe its parameters. Write the call as JSON.');
    root = plain(document_);
    document.title = root.info.title; $('title').textContent = root.info.title; $('version').textContent = root.info.version === noVersion ? '' : root.info.version;
    if (!isRpc) {
      methods = [{ name: 'The function', description: root.description, schema: root.definitions.input, node: member(document_, 'definitions') }];
    } else {
      const nodes = member(document_, 'methods').items.map(i => i.value);
      methods = root.methods.map((m, i) => {
        const whole = 'x-params' in m && !m['x-params'].properties;
        const properties = Object.create(null);
        m.params.forEach(p => properties[p.name] = p.description ? { allOf: [p.schema === true ? {} : p.schema], description: p.description } : p.schema);
        return { ...m, node: nodes[i], whole, schema: whole ? m['x-params'] : { type: 'object', properties, required: m.params.filter(p => p.required).map(p => p.name) } };
      });
    }
  } catch (e) {
    notice(e instanceof TypeError ? 'The server does not answer.' : e.message);
    methods = [anything]; root = null;
    if ($('notice').textContent.includes('token')) $('headers-box').open = true;
  }
  $('typescript').hidden = !isRpc || !root;
  listMethods();
  let wanted = ''; try { wanted = decodeURIComponent(location.hash.slice(1)); } catch { }
  $('send').hidden = !methods.length;
  if (methods.length) choose(methods.find(m => m.name === wanted) || methods[0]);
  else $('name').textContent = 'The server has no methods.';
}

/* The TypeScript client that the server generates. */
async function saveTypeScript() {
  notice('');
  try {
    const r = await fetch(location.origin + location.pathname, { method: 'POST', headers: headers(), body: '{"jsonrpc":"2.0","method":"rpc.typescript","id":0}' });
    const reply = read(await r.text()), text = textOf(member(reply, 'result'));
    if (text === undefined) throw new Error(textOf(member(member(reply, 'error'), 'message')) ?? `Status ${r.status}.`);
    const link = make('a', { download: 'client.ts', href: URL.createObjectURL(new Blob([text], { type: 'text/plain' })) });
    link.click();
    /* The browser reads the blob only after the click. */
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
    say('Saved client.ts.');
  } catch (e) { notice('The server did not write a TypeScript client. ' + e.message); }
}

/* Explanations of errors. If a message begins with the name of its code, the name is not repeated. */
const codes = {
  '-32700': ['Parse error', 'the server could not read the body as JSON.'],
  '-32600': ['Invalid request', 'the request is not a valid call.'],
  '-32601': ['Method not found', 'there is no method of this name.'],
  '-32602': ['Invalid params', 'the parameters do not fit the method.'],
  '-32603': ['Internal error', 'the method threw an unexpected exception. The server\u2019s log has it under the same id.'],
  '-32000': ['Refused', 'a rule of the server refused the call before anything ran.'],
  '-32001': ['Timed out', 'the call took longer than the server allows.'],
  '-32005': ['Too many calls', 'the caller has exceeded its rate limit for this method. The data says after how many milliseconds to try again.'],
  '-32004': ['Stream only', 'the method can only stream. Call it with Accept: text/event-stream.'],
  '-32003': ['Not allowed', 'the caller may not call this method.'],
  '-32010': ['Batch too long', 'the batch holds more calls than the server allows.'],
  '-32011': ['Reply too large', 'the reply is larger than the server allows.'],
};
const errorsOf = node => (node ? node.kind === '[' ? node.items.map(i => i.value) : [node] : []).map(r => member(r, 'error')).filter(e => e && e.kind === '{');
const codeOf = error => { const code = member(error, 'code'); return code ? pretty(code) : ''; };
function explanationOf(error) {
  const number = codeOf(error), described = current?.errors?.find(x => x.code.digits === number)?.message;
  const message = textOf(member(error, 'message')) ?? '';
  /* A time-out and a shutdown have the same code; only the message differs. */
  const [name, meaning] = number === '-32001' && /^The server (is stopping|stopped)/.test(message)
    ? [message.replace(/\.$/, ''), 'it ended the call.']
    : codes[number] ?? [described ?? 'An error of the method itself', ''];
  const rest = message.toLowerCase().startsWith(name.toLowerCase()) ? message.slice(name.length).replace(/^[:.\s]+/, '') : message;
  const detail = rest || (textOf(member(member(error, 'data'), 'reason')) ?? '');
  return `${number}  ${name}${meaning ? ': ' + meaning : '.'}${detail ? '  \u201c\u2068' + detail + '\u2069\u201d' : ''}`;
}
function explain(lines) { $('explain').hidden = !lines.length; $('explain').textContent = lines.join('\n'); }
/* Marks the controls that an error names, unless another form has been opened since. */
function markRefused(error, sentForm) {
  if (codeOf(error) !== '-32602' || sentForm !== form || !isInStep) return;
  const message = textOf(member(error, 'message')) ?? '';
  for (const path of placeOf(message)) {
    const control = form.find(path);
    if (control !== form || !path.length) control.mark('The server says: ' + message.replace(/^invalid params:\s*/i, ''));
  }
}

/* Sending. A reply that is larger than this is shown only in part, since laying out megabytes would block the browser. */
const mostShown = 64 * 1024;
const sizeText = size => size < 10000 ? `${size} bytes` : size < 1e6 ? `${(size / 1e3).toFixed(0)} kB` : `${(size / 1e6).toFixed(1)} MB`;
let sending = 0;
function showStatus(what, isBad, ...more) {
  $('status').className = isBad ? 'status hint bad' : 'status hint';
  $('status').replaceChildren(make('b', { textContent: what }), ...more.map(text => ' \u00b7 ' + text));
}
function offerRest(blob) {
  if (blob?.size > mostShown) offer(blob, `The first ${sizeText(mostShown)} of ${sizeText(blob.size)}.`, 'Save the whole reply', 'reply.json'); else offer(null);
}
function offer(blob, what, words, name) {
  if ($('save').href) URL.revokeObjectURL($('save').href);
  $('save').removeAttribute('href');
  $('cut').hidden = !blob;
  if (!blob) return;
  $('cut-size').textContent = what;
  Object.assign($('save'), { textContent: words, download: name, href: URL.createObjectURL(blob) });
}
function hideReply() { explain([]); offer(null); hideStream(); $('reply').hidden = true; $('reply').replaceChildren(); }
/* Ends the stream that is shown. A stream that is no longer shown is not read any further. */
let stopStream = null;
async function send(body, sentForm) {
  if (stopStream) { stopStream(); hideStream(); }
  const ticket = ++sending, began = performance.now(), entry = { body, when: Date.now(), status: 'no reply' };
  $('status').className = 'status hint'; $('status').textContent = 'Waiting\u2026';
  try {
    const fields = headersFor(body), request = { method: 'POST', headers: fields, body };
    if (asksForStream(fields)) {
      await sendForStream(request, ticket, sentForm, entry);
      remember(entry);
      return;
    }
    const r = await fetch(location.origin + location.pathname, request);
    await showWhole(r, ticket, began, sentForm, entry);
  } catch (e) {
    if (ticket === sending) showNoReply(e);
  }
  remember(entry);
}
function showNoReply(e) {
  hideReply();
  showStatus('No reply', true);
  explain(['The server could not be reached, or a header is not valid. ' + e.message]);
}
async function showWhole(r, ticket, began, sentForm, entry) {
  /* A blob instead of a text, since the browser may keep it on its disk. */
  const blob = await r.blob(), time = performance.now() - began, isCut = blob.size > mostShown;
  const text = new TextDecoder().decode(await blob.slice(0, mostShown).arrayBuffer(), { stream: isCut });
  entry.status = `${r.status}`;
  if (ticket !== sending) return;
  const node = tryRead(text, isCut), errors = errorsOf(node), http = `${r.status} ${r.statusText}`.trim();
  const numbers = [`${time < 10 ? time.toFixed(1) : Math.round(time)} ms`, sizeText(blob.size)];
  if (errors.length) {
    const what = node.kind !== '[' ? `Error ${codeOf(errors[0])}` : errors.length === 1 ? '1 call failed' : `${errors.length} calls failed`;
    entry.status = what.toLowerCase();
    showStatus(what, true, `HTTP ${http}`, ...numbers);
  } else showStatus(http, !r.ok, ...numbers);
  hideStream();
  explain(errors.length ? errors.map(explanationOf) : r.ok ? [] : [`The server refused with status ${r.status}.`]);
  offerRest(blob);
  $('reply').hidden = false;
  if (node) show($('reply'), node); else $('reply').textContent = text || (r.status === 204 ? 'No body: a notification is not answered.' : 'No body.');
  if (errors.length && node.kind !== '[' && sentForm) markRefused(errors[0], sentForm);
}
/* Sends a call whose result may be a stream. Stopping it closes the connection, which cancels the method. */
async function sendForStream(request, ticket, sentForm, entry) {
  const began = performance.now(), connection = new AbortController(), sent = tryRead(request.body), method = calledBy(sent), id = member(sent, 'id');
  const stop = stopStream = () => connection.abort(), isShown = () => ticket === sending;
  hideReply();
  const view = streamView(!!method?.['x-progress'] && !method['x-stream'], method?.['x-progress']?.value, isShown);
  let isStream = false, size = 0, response = null, failure = null, http = '';
  try {
    const r = await fetch(location.origin + location.pathname, { ...request, signal: connection.signal });
    isStream = r.ok && (r.headers.get('Content-Type') ?? '').toLowerCase().startsWith(eventStream);
    if (!isStream) return await showWhole(r, ticket, began, sentForm, entry);
    http = `${r.status} ${r.statusText}`.trim();
    if (isShown()) { showStatus('Streaming\u2026', false); $('status').classList.add('open'); }
    response = await readStream(r.body, id ? oneLine(id) : '',
      { item: node => isShown() && view.item(node), report: node => isShown() && view.report(node), size: bytes => { size += bytes; } });
  } catch (e) { failure = e; } finally {
    if (stopStream === stop) stopStream = null;
    view.end();
  }
  const after = `after ${view.summary()}`, numbers = [timeText(performance.now() - began), sizeText(size)];
  const error = errorsOf(response)[0], isStopped = connection.signal.aborted && !response;
  entry.status = isStopped ? 'stopped ' + after : !isStream ? entry.status
    : error ? `error ${codeOf(error)} ${after}` : response ? `${http.slice(0, 3)} \u00b7 ${view.summary()}` : 'cut off ' + after;
  if (!isShown()) return;
  if (isStopped) {
    showStatus('Stopped', false, after, ...numbers);
    $('status').classList.add('open');
  } else if (!isStream) showNoReply(failure);
  else if (!response) {
    showStatus('Cut off', true, after, ...numbers);
    explain(['The stream ended without a response, so it is incomplete.'
      + (failure instanceof SyntaxError ? ' An event is not a JSON-RPC message. ' + failure.message : failure ? ' The connection broke: ' + failure.message : '')]);
  } else {
    if (error) { showStatus(`Error ${codeOf(error)}`, true, after, `HTTP ${http}`, ...numbers); explain([explanationOf(error)]); }
    else showStatus(http, false, view.summary(), ...numbers);
    $('reply').hidden = false;
    const text = oneLine(response);
    if (text.length > mostShown && $('cut').hidden) offerRest(new Blob([text]));
    show($('reply'), tryRead(text.slice(0, mostShown), text.length > mostShown) ?? response);
    if (error && sentForm) markRefused(error, sentForm);
  }
}
/* A form with an empty required field is not sent. The JSON view can send anything. */
function isFilledIn() {
  form?.clear();
  const missing = $('form').hidden || !isInStep || !form ? [] : form.check();
  if (!missing.length) return true;
  stopStream?.();
  sending++;
  hideReply();
  $('status').className = 'status hint';
  showStatus('Not sent', true, missing.length === 1 ? 'a required field is empty' : `${missing.length} required fields are empty`);
  missing[0].focus();
  return false;
}
function go() {
  if ($('send').hidden || !isFilledIn()) return;
  const body = $('body').value;
  send(body, isInStep ? form : null);
  const node = tryRead(body);
  if (isRpc && node && pretty(member(node, 'id') ?? { kind: 'w', raw: '' }) === String(nextId)) {
    nextId++;
    node.items.find(i => decode(i.key) === 'id').value.raw = String(nextId);
    $('body').value = pretty(node);
  }
}
function addToBatch() {
  const node = tryRead($('body').value);
  if (!node || !isFilledIn()) return;
  batch.push(pretty(node)); nextId++;
  if (form && isInStep) syncJson();
  showBatch(); say('Added to the batch.');
}
function showBatch() {
  $('batch').hidden = !batch.length; $('go-batch').textContent = `Send batch (${batch.length})`;
  $('calls').replaceChildren(...batch.map((text, i) => {
    const remove = make('button', { className: 'small', textContent: '✕' });
    remove.setAttribute('aria-label', 'Remove from the batch');
    remove.addEventListener('click', () => { batch.splice(i, 1); showBatch(); });
    return make('li', {}, make('span', { className: 'code', textContent: text.replace(/\s*\n\s*/g, ' '), dir: 'auto' }), remove);
  }));
}
const say = text => { $('said').textContent = ''; setTimeout(() => $('said').textContent = text, 50); };

/* The curl command, for the shell that was chosen last, or else that of the browser's system. */
const setting = {
  get: key => { try { return localStorage.getItem('jsonrpclite ' + key); } catch { return null; } },
  set: (key, value) => { try { localStorage.setItem('jsonrpclite ' + key, value); return true; } catch { return false; } },
};
const isWindows = /^win/i.test(navigator.userAgentData?.platform ?? navigator.platform);
function makeCurl() {
  let text = '', note;
  try {
    const all = headersFor($('body').value);
    text = curlFor($('shell').value, location.origin + location.pathname, [...all], $('body').value, asksForStream(all));
    note = curlLimit($('shell').value, text);
  } catch (e) { note = 'A header is not valid. ' + e.message; }
  $('curl').textContent = text; $('curl').hidden = !text;
  $('curl-note').textContent = note; $('curl-note').hidden = !note;
}
function hideCurl() { $('curl').hidden = true; $('curl-note').hidden = true; }
async function copyCurl() {
  makeCurl();
  if ($('curl').hidden) return;
  try { await navigator.clipboard.writeText($('curl').textContent); say('Copied.'); $('copy').textContent = 'Copied'; }
  catch { getSelection().selectAllChildren($('curl')); say('Selected; copy it with Ctrl+C.'); $('copy').textContent = 'Selected below'; }
  setTimeout(() => $('copy').textContent = 'Copy as curl', 1500);
}

/*
 * History: only bodies, never headers or replies, and limited to fit the few megabytes that a browser gives all pages of a server. Without storage only the history is missing.
 */
const shelf = 'history ' + location.pathname, mostKept = 20000, mostKeptInAll = 200000;
const past = () => { try { const list = JSON.parse(setting.get(shelf)); return Array.isArray(list) ? list : []; } catch { return []; } };
function remember(entry) {
  if (entry.body.length > mostKept) return;
  let room = mostKeptInAll;
  const list = [entry, ...past().filter(e => e.body !== entry.body)].slice(0, 50).filter(e => (room -= String(e.body).length) >= 0);
  while (list.length && !setting.set(shelf, JSON.stringify(list))) list.length >>= 1;
  showHistory();
}
function showHistory() {
  const list = past();
  $('history-box').hidden = !list.length;
  $('history').replaceChildren(...list.map(e => {
    const b = make('button', { className: 'past', textContent: String(e.body).slice(0, 300).replace(/\s*\n\s*/g, ' '), dir: 'auto' });
    b.addEventListener('click', () => { $('body').value = e.body; syncForm(); window.scrollTo({ top: 0 }); $('go').focus(); });
    return make('li', {}, b, make('small', { textContent: `${e.status} \u00b7 ${new Date(e.when).toLocaleTimeString()}` }));
  }));
}

function tab(which, focus) {
  for (const t of ['form', 'json']) {
    const on = t === which;
    $(t).hidden = !on; $('tab-' + t).setAttribute('aria-selected', on); $('tab-' + t).tabIndex = on ? 0 : -1;
    if (on && focus) $('tab-' + t).focus();
  }
}
for (const t of ['form', 'json']) {
  $('tab-' + t).addEventListener('click', () => tab(t));
  $('tab-' + t).addEventListener('keydown', e => { if (e.key === 'ArrowLeft' || e.key === 'ArrowRight') tab(t === 'form' ? 'json' : 'form', true); });
}
$('body').addEventListener('input', syncForm);
$('notify').addEventListener('input', () => { syncJson(); });
$('search').addEventListener('input', listMethods);
$('search').addEventListener('keydown', e => {
  if (e.key !== 'Enter' && e.key !== 'ArrowDown') return;
  e.preventDefault();
  const b = $('methods').querySelector('button');
  if (e.key === 'Enter') b?.click(); else b?.focus();
});
$('methods').addEventListener('keydown', e => {
  const li = document.activeElement?.closest('li'), to = e.key === 'ArrowDown' ? li?.nextElementSibling : e.key === 'ArrowUp' ? li?.previousElementSibling : null;
  if (to) { e.preventDefault(); to.querySelector('button').focus(); }
});
$('go').addEventListener('click', go);
$('add').addEventListener('click', addToBatch);
$('go-batch').addEventListener('click', () => send('[' + batch.join(',') + ']', null));
$('drop').addEventListener('click', () => { batch = []; showBatch(); });
$('copy').addEventListener('click', copyCurl);
$('stop').addEventListener('click', () => stopStream?.());
$('shell').addEventListener('input', () => { setting.set('shell', $('shell').value); if (!$('curl').hidden) makeCurl(); });
$('all').addEventListener('click', () => { isWhole = !isWhole; fitList(); });
addEventListener('resize', fitList);
$('headers').addEventListener('input', hideCurl);
$('typescript').addEventListener('click', saveTypeScript);
$('reload').addEventListener('click', discover);
$('forget').addEventListener('click', () => { setting.set(shelf, '[]'); showHistory(); });
document.addEventListener('keydown', e => {
  if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') { e.preventDefault(); go(); }
  if (e.key === '/' && isRpc && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement?.tagName)) { e.preventDefault(); $('search').focus(); }
});
$('shell').value = setting.get('shell') ?? '';
if ($('shell').selectedIndex < 0) $('shell').value = isWindows ? 'powershell' : 'posix';
showHistory();
discover();
