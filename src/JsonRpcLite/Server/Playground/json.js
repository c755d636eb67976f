'use strict';
const isRpc = document.documentElement.dataset.kind === 'methods';
const $ = id => document.getElementById(id);
const make = (tag, props = {}, ...children) => { const e = Object.assign(document.createElement(tag), props); e.append(...children); return e; };
document.body.classList.toggle('function', !isRpc);
if (!isRpc) { $('nav').hidden = true; document.querySelectorAll('.rpc').forEach(e => e.hidden = true); }

/*
 * JSON as text. A value keeps its original text, so that 1.0 and 2^64+1 do not change; only strings are ever decoded.
 * With isPart the text may end anywhere: complete values are read, and values that the end cuts off are marked with isCut.
 */
function read(text, isPart = false) {
  const cut = {}, tail = /(?:[-+.\deE]*|[a-z]{0,4}|"[^"\\\u0000-\u001f]*(?:\\[^][^"\\\u0000-\u001f]*)*\\?)$/y;
  let at = 0;
  const isAtCut = () => { tail.lastIndex = at; return isPart && tail.test(text); };
  const fail = () => {
    if (isAtCut()) { at = text.length; throw cut; }
    throw new SyntaxError(at < text.length ? `Not JSON at character ${at + 1}.` : 'The JSON ends too early.');
  };
  const take = rule => { rule.lastIndex = at; const m = rule.exec(text); if (!m) fail(); at = rule.lastIndex; return m[0]; };
  const space = () => take(/[ \t\r\n]*/y);
  const string = () => take(/"[^"\\\u0000-\u001f]*(?:\\(?:["\\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y);
  function list(c, depth) {
    const end = c === '{' ? '}' : ']', items = [];
    at++;
    try {
      space();
      if (text[at] === end) { at++; return { kind: c, items }; }
      for (;;) {
        space();
        let key = null;
        if (c === '{') { key = string(); space(); if (text[at] !== ':') fail(); at++; }
        items.push({ key, value: value(depth + 1) });
        space();
        if (text[at] === end) { at++; return { kind: c, items }; }
        if (text[at] !== ',') fail();
        at++;
      }
    } catch (e) {
      if (e !== cut) throw e;
      return { kind: c, items, isCut: true };
    }
  }
  function value(depth) {
    if (depth > 200) throw new SyntaxError('The JSON is nested too deeply.');
    space();
    const c = text[at], from = at;
    if (c === '{' || c === '[') return list(c, depth);
    if (c === '"') {
      try { return { kind: 's', raw: string() }; } catch (e) {
        if (e !== cut) throw e;
        return { kind: 's', raw: text.slice(from), isCut: true };
      }
    }
    if (c === '-' || (c >= '0' && c <= '9')) return { kind: 'n', raw: take(/-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y) };
    return { kind: 'w', raw: take(/true|false|null/y) };
  }
  const result = value(0);
  space();
  if (at < text.length) fail();
  return result;
}
const tryRead = (text, isPart) => { try { return read(text, isPart); } catch { return null; } };
const decode = raw => JSON.parse(raw);
const member = (node, name) => node && node.kind === '{' ? node.items.find(i => decode(i.key) === name)?.value : undefined;
const textOf = node => node && node.kind === 's' && !node.isCut ? decode(node.raw) : undefined;
const plain = node => node === undefined ? undefined :
  node.kind === '{' ? Object.assign(Object.create(null), Object.fromEntries(node.items.map(i => [decode(i.key), plain(i.value)])))
  : node.kind === '[' ? node.items.map(i => plain(i.value)) : node.kind === 'n' ? { digits: node.raw } : JSON.parse(node.raw);
/* The text of a value that plain has returned. */
const literal = v => v && typeof v === 'object' && 'digits' in v ? v.digits : Array.isArray(v) ? '[' + v.map(literal) + ']'
  : v && typeof v === 'object' ? '{' + Object.entries(v).map(([k, x]) => JSON.stringify(k) + ':' + literal(x)) + '}' : JSON.stringify(v);

/* Writes indented JSON, with put(text, class) for each piece. The numbers and words of a list share lines, as many as fit. */
function write(node, put, indent = '') {
  if (node.kind !== '{' && node.kind !== '[') return put(node.isCut ? node.raw + '\u2026' : node.raw, node.kind);
  const end = !node.isCut ? (node.kind === '{' ? '}' : ']') : node.items.at(-1)?.value.isCut ? '' : ' \u2026';
  if (!node.items.length) return put(node.kind + end);
  const isFlat = node.kind === '[' && node.items.every(i => 'nw'.includes(i.value.kind));
  const isShort = isFlat && node.items.reduce((n, i) => n + i.value.raw.length + 2, 0) < 60;
  let width = Infinity;
  put(node.kind);
  node.items.forEach((item, i) => {
    const isNewLine = !isShort && (!isFlat || width + item.value.raw.length > 80);
    width = !isFlat ? 0 : (isNewLine ? 0 : width) + item.value.raw.length + 2;
    put((i ? ',' : '') + (isNewLine ? '\n' + indent + '  ' : i ? ' ' : ''));
    if (item.key !== null) { put(item.key, 'k'); put(': '); }
    write(item.value, put, indent + '  ');
  });
  put((isShort || node.isCut ? '' : '\n' + indent) + end);
}
const pretty = node => { let s = ''; write(node, t => s += t); return s; };
const oneLine = node => node.kind !== '{' && node.kind !== '[' ? node.raw
  : node.kind + node.items.map(i => (i.key === null ? '' : i.key + ':') + oneLine(i.value)).join(',') + (node.kind === '{' ? '}' : ']');
/*
 * Each string is isolated, so that right-to-left text does not reorder the punctuation around it. Longer texts have no colors: beyond this many pieces they would only keep the
 * browser busy.
 */
const mostPieces = 20000;
function show(target, node) {
  const pieces = [];
  write(node, (text, kind) => pieces.push([text, kind]));
  if (pieces.length > mostPieces) target.textContent = pieces.map(p => p[0]).join('');
  else target.replaceChildren(...pieces.map(([text, kind]) => kind ? make(kind === 's' || kind === 'k' ? 'bdi' : 'span', { className: kind, textContent: text }) : text));
}
