/*
 * The same call as one curl command to paste. The shells of Windows change the arguments of a program: by the code page, by variables in them, and by other rules for the end of a
 * quote. So for them a JSON body is written in ASCII, with \u escapes for other characters, which is the same JSON. A body that is not JSON is quoted as it is.
 */
function curlFor(shell, url, headers, body, isStream = false) {
  /* An empty header needs a semicolon; with a colon curl leaves it out. */
  const fields = headers.map(([name, value]) => value === '' ? name + ';' : `${name}: ${value}`);
  /* Curl reads square brackets as patterns, except in the address of a host. */
  const isPattern = /[[\]]/.test(url.replace(/^\w+:\/\/\[[^\]]*\]/, ''));
  /* Without -N curl buffers its output (its manual, --no-buffer). */
  const options = [...(isPattern ? ['globoff'] : []), ...(isStream ? ['no-buffer'] : [])];
  return { posix: posixCurl, powershell: powerShellCurl, cmd: cmdCurl }[shell](url, fields, body, options);
}
function curlLimit(shell, command) {
  return shell === 'cmd' && command.length > 8191 ? `cmd takes at most 8191 characters; this command has ${command.length}. Use PowerShell.` : '';
}
/* JSON on one line and in ASCII, with unsafe characters escaped too; null for text that is not JSON. Unsafe characters occur only in strings, where each may be escaped. */
function asciiJson(text, unsafe = /(?!)/) {
  const node = tryRead(text);
  return node && oneLine(node).replace(/[^\x20-\x7e]/g, escapeUnit).replace(unsafe, escapeUnit);
}
const shortOptions = { globoff: '-g ', 'no-buffer': '-N ' }, inShort = options => options.map(o => shortOptions[o]).join('');
const escapeUnit = c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0');

/* POSIX shells: within single quotes only the quote has a meaning (POSIX.1-2017, XCU 2.2.2). */
function posixCurl(url, fields, body, options) {
  const quote = s => `'${s.replace(/'/g, `'\\''`)}'`;
  return [`curl ${inShort(options)}${quote(url)}`, ...fields.map(f => '-H ' + quote(f)), '--data-raw ' + quote(body)].join(' \\\n  ');
}

/*
 * PowerShell: version 7.3 changed how it passes an argument with quotes to a program (about_Parsing, PSNativeCommandArgumentPassing), and --% replaces %NAME%. So only plain words
 * are arguments. Curl reads the rest from its standard input, as a file of options, where \\ and \" are the escapes (curl's manual, --config). A here-string in single quotes is
 * literal until a line that begins with its end mark, and none of these lines does (about_Quoting_Rules). Windows PowerShell sends ASCII to a program and later versions send
 * UTF-8, unless $OutputEncoding says otherwise. In Windows PowerShell "curl" alone is another command.
 */
function powerShellCurl(url, fields, body, options) {
  const escapes = { '\\': '\\\\', '"': '\\"', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v' };
  const option = (name, value) => `${name} = "${value.replace(/[\\"\n\r\t\v]/g, c => escapes[c])}"`;
  const lines = [...options, option('url', url), ...fields.map(f => option('header', f)), option('data-raw', asciiJson(body) ?? body)].join('\n');
  const command = `@'\n${lines}\n'@ | curl.exe --config -`;
  return /[^\x00-\x7f]/.test(lines) ? `& { $OutputEncoding = [Text.UTF8Encoding]::new()\n${command} }` : command;
}

/*
 * cmd.exe: two programs read the command line, one after the other. First, cmd replaces %NAME%, even within quotes, and every quote switches the meaning of & | < > ^ on or off,
 * whatever is before it ("cmd /?", "Command shell overview"). Then curl splits its command line by the rules of Microsoft's C runtime: \" is a quote, and backslashes have a
 * meaning only before a quote ("Parsing C command-line arguments"). In a JSON body all of these characters are escaped. Other arguments with a quote or a percent sign are outside
 * of cmd's quotes, with a caret before each such character; a caret after a percent sign prevents its replacement. This works at the prompt; in a batch file double the percent
 * signs.
 */
function cmdCurl(url, fields, body, options) {
  const argument = s => '"' + s.replace(/(\\*)"/g, '$1$1\\"').replace(/\\+$/, '$&$&') + '"';
  const quote = s => /["%!\r\n]/.test(s)
    ? argument(s).replace(/["%!^&|<>()]/g, '^$&').replace(/%(?![\^\r\n])/g, '%^').replace(/\r?\n/g, '^\n\n')
    : argument(s);
  const json = asciiJson(body, /[%!^&|<>]/g);
  return [`curl ${inShort(options)}${quote(url)}`, ...fields.map(f => '-H ' + quote(f)), '--data-raw ' + (json === null ? quote(body) : argument(json))].join(' ^\n  ');
}
