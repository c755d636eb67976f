/* curl, for a POSIX shell: inside of single quotes nothing has a meaning but the quote. */
const quote = s => `'${s.replace(/'/g, `'\\''`)}'`;
function curl() {
  const lines = ['curl ' + quote(location.origin + location.pathname)];
  headers().forEach((value, name) => lines.push('-H ' + quote(`${name}: ${value}`)));
  lines.push('--data-raw ' + quote($('body').value));
  return lines.join(' \\\n  ');
}
function hideCurl() { $('curl').hidden = true; }
async function copyCurl() {
  $('curl').textContent = curl(); $('curl').hidden = false;
  try { await navigator.clipboard.writeText($('curl').textContent); say('Copied.'); $('copy').textContent = 'Copied'; }
  catch { getSelection().selectAllChildren($('curl')); say('Selected; copy it with Ctrl+C.'); $('copy').textContent = 'Selected below'; }
  setTimeout(() => $('copy').textContent = 'Copy as curl', 1500);
}

