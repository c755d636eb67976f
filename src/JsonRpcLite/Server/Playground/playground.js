/* Form and JSON say the same at any time: the JSON is what is sent, the form is a view of it. */
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
  $('fault').textContent = '';
  hideCurl();
}
function syncForm() {
  hideCurl();
  let node;
  try { node = read($('body').value); } catch (e) {
    $('body').setAttribute('aria-invalid', 'true'); $('fault').textContent = e.message; return;
  }
  $('body').removeAttribute('aria-invalid'); $('fault').textContent = '';
  if (!isRpc) { form?.set(node); return; }
  const name = textOf(member(node, 'method'));
  if (name === undefined) { $('fault').textContent = node.kind === '[' ? 'A batch: the form shows single calls only.' : ''; return; }
  if (name !== current?.name) { const m = methods.find(x => x.name === name); if (m) choose(m, true); }
  $('notify').checked = member(node, 'id') === undefined;
  if (name === current?.name) form?.set(member(node, 'params'));
}
function choose(method, keepBody) {
  current = method;
  for (const b of $('methods').querySelectorAll('button')) b.dataset.name === method.name ? b.setAttribute('aria-current', 'true') : b.removeAttribute('aria-current');
  $('name').textContent = method.name; $('name').classList.toggle('old', !!method.deprecated);
  $('words').textContent = [method.deprecated ? 'Deprecated.' : '', method.summary, method.description, method.result?.description ? 'Returns: ' + method.result.description : '',
    ...(method.errors || []).map(e => `${e.code.digits}: ${e.message}`)].filter(Boolean).join('\n');
  form = widget(method.schema, null, true, 0);
  method.any = typesOf(resolve(method.schema)).length === 0 || !!method.whole;
  const empty = !typesOf(resolve(method.schema)).length ? false : resolve(method.schema).properties && !Object.keys(resolve(method.schema).properties).length;
  $('form').replaceChildren(empty ? make('p', { className: 'hint', textContent: 'It takes no parameters.' }) : form.element);
  if (method.node) { show($('schema'), method.node); $('schema-box').hidden = false; } else $('schema-box').hidden = true;
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
}

/* Asking the server what there is to call. */
function headers() {
  const all = new Headers({ 'Content-Type': 'application/json' });
  for (const line of $('headers').value.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) all.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  return all;
}
function notice(text) { $('notice').hidden = !text; $('notice').textContent = text; }
async function discover() {
  notice('');
  const anything = { name: isRpc ? 'method' : 'The function', schema: isRpc ? { type: ['object', 'array'] } : {}, any: true };
  try {
    const h = headers();
    if (!isRpc) h.set('Accept', 'application/schema+json');
    const r = await fetch(location.origin + location.pathname, { method: 'POST', headers: h, body: isRpc ? '{"jsonrpc":"2.0","method":"rpc.discover","id":0}' : 'null' });
    const node = read(await r.text());
    if (r.status === 401 || r.status === 403) throw new Error(`The server wants to know who asks (${r.status}). Put a token into Headers below, and ask again.`);
    const document_ = isRpc ? member(node, 'result') : member(node, 'definitions') && node;
    if (!document_ || document_.kind !== '{') throw new Error('The server does not say what it takes. Write the call as JSON.');
    root = plain(document_);
    document.title = root.info.title; $('title').textContent = root.info.title; $('version').textContent = root.info.version;
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
  listMethods();
  let wanted = ''; try { wanted = decodeURIComponent(location.hash.slice(1)); } catch { }
  if (methods.length) choose(methods.find(m => m.name === wanted) || methods[0]);
  else { $('name').textContent = 'There are no methods.'; $('send').hidden = true; }
}

/* Sending. */
const codes = {
  '-32700': 'Parse error: the server could not read the body as JSON.', '-32600': 'Invalid request: the JSON is no JSON-RPC request.', '-32601': 'Method not found: there is no method of this name.',
  '-32602': 'Invalid params: the parameters are not what the method takes.', '-32603': 'Internal error: the method failed unexpectedly. The id is in the server\u2019s log, with the reason.',
  '-32000': 'Refused by a rule of the server, before anything ran.', '-32001': 'Timed out: the call took longer than the server allows.',
  '-32010': 'The batch holds more calls than the server allows.', '-32011': 'The reply is larger than the server allows.',
};
function explain(node, status) {
  const errors = (node ? node.kind === '[' ? node.items.map(i => i.value) : [node] : []).map(r => member(r, 'error')).filter(e => e && e.kind === '{');
  const lines = errors.map(e => {
    const code = member(e, 'code'), number = code ? pretty(code) : '', told = current?.errors?.find(x => x.code.digits === number)?.message;
    const message = textOf(member(e, 'message')) ?? '';
    return `${number}  ${codes[number] ?? told ?? 'An error of the method\u2019s own.'}${message ? '  \u201c\u2068' + message + '\u2069\u201d' : ''}`;
  });
  if (!lines.length && status >= 400) lines.push(`The server refused with status ${status}.`);
  $('explain').hidden = !lines.length; $('explain').textContent = lines.join('\n');
  return lines.length > 0;
}
let sending = 0;
async function send(body) {
  const turn = ++sending, began = performance.now();
  $('status').className = 'status hint'; $('status').textContent = 'Waiting\u2026';
  let entry = { body, when: Date.now(), status: '' };
  try {
    const r = await fetch(location.origin + location.pathname, { method: 'POST', headers: headers(), body });
    const bytes = await r.arrayBuffer(), time = performance.now() - began;
    if (turn !== sending) { entry.status = `${r.status}`; remember(entry); return; }
    const text = new TextDecoder().decode(bytes), node = tryRead(text);
    const bad = explain(node, r.status) || !r.ok;
    $('status').replaceChildren(make('b', { textContent: `${r.status} ${r.statusText}`.trim() }), ` \u00b7 ${time < 10 ? time.toFixed(1) : Math.round(time)} ms \u00b7 ${bytes.byteLength} bytes`);
    $('status').classList.toggle('bad', bad);
    $('reply').hidden = false;
    if (node) show($('reply'), node); else $('reply').textContent = text || (r.status === 204 ? 'No body: a notification is not answered.' : 'No body.');
    entry.status = bad ? `${r.status}, error` : `${r.status}`;
  } catch (e) {
    if (turn !== sending) { entry.status = 'no reply'; remember(entry); return; }
    $('status').classList.add('bad'); $('status').replaceChildren(make('b', { textContent: 'No reply' }));
    $('explain').hidden = false; $('explain').textContent = 'The server could not be reached, or a header is not valid. ' + e.message; $('reply').hidden = true;
    entry.status = 'no reply';
  }
  remember(entry);
}
function go() {
  if ($('send').hidden) return;
  const body = $('body').value;
  send(body);
  const node = tryRead(body);
  if (isRpc && node && pretty(member(node, 'id') ?? { kind: 'w', raw: '' }) === String(nextId)) {
    nextId++;
    node.items.find(i => decode(i.key) === 'id').value.raw = String(nextId);
    $('body').value = pretty(node);
  }
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

/* History: bodies only, never headers. A browser that keeps nothing loses nothing else. */
const shelf = 'jsonrpclite ' + location.pathname;
const past = () => { try { const list = JSON.parse(localStorage.getItem(shelf)); return Array.isArray(list) ? list : []; } catch { return []; } };
function remember(entry) {
  if (entry.body.length > 20000) return;
  try { localStorage.setItem(shelf, JSON.stringify([entry, ...past().filter(e => e.body !== entry.body)].slice(0, 50))); } catch { }
  showHistory();
}
function showHistory() {
  const list = past();
  $('history-box').hidden = !list.length;
  $('history').replaceChildren(...list.map(e => {
    const b = make('button', { className: 'past', textContent: String(e.body).replace(/\s*\n\s*/g, ' '), dir: 'auto' });
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
$('search').addEventListener('keydown', e => { if (e.key === 'Enter' || e.key === 'ArrowDown') { e.preventDefault(); const b = $('methods').querySelector('button'); if (e.key === 'Enter') b?.click(); else b?.focus(); } });
$('methods').addEventListener('keydown', e => {
  const li = document.activeElement?.closest('li'), to = e.key === 'ArrowDown' ? li?.nextElementSibling : e.key === 'ArrowUp' ? li?.previousElementSibling : null;
  if (to) { e.preventDefault(); to.querySelector('button').focus(); }
});
$('go').addEventListener('click', go);
$('add').addEventListener('click', () => { const node = tryRead($('body').value); if (!node) return; batch.push(pretty(node)); nextId++; if (form) syncJson(); showBatch(); say('Added to the batch.'); });
$('go-batch').addEventListener('click', () => send('[' + batch.join(',') + ']'));
$('drop').addEventListener('click', () => { batch = []; showBatch(); });
$('copy').addEventListener('click', copyCurl);
$('headers').addEventListener('input', hideCurl);
$('reload').addEventListener('click', discover);
$('forget').addEventListener('click', () => { try { localStorage.removeItem(shelf); } catch { } showHistory(); });
document.addEventListener('keydown', e => {
  if ((e.ctrlKey || e.metaKey) && e.key === 'Enter') { e.preventDefault(); go(); }
  if (e.key === '/' && isRpc && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement?.tagName)) { e.preventDefault(); $('search').focus(); }
});
showHistory();
discover();
