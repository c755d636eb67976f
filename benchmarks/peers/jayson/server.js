'use strict';

// jayson on Node's own HTTP server, as its documentation starts it. Like every other server, it writes its port on the first line,
// and after each line that it reads, the microseconds of CPU used so far, the allocated bytes, which it cannot know, and its context switches.
const jayson = require('jayson');

const server = jayson.server({
  subtract: ([minuend, subtrahend], callback) => callback(null, minuend - subtrahend),
}).http();

// By default, Node closes connections that are idle for 5 s, as they may be while the other servers are measured.
server.keepAliveTimeout = 300_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

process.stdin.on('data', (lines) => {
  const { userCPUTime, systemCPUTime, voluntaryContextSwitches, involuntaryContextSwitches } = process.resourceUsage();
  for (const byte of lines) {
    if (byte === 10) console.log(`${userCPUTime + systemCPUTime} NaN ${voluntaryContextSwitches + involuntaryContextSwitches}`);
  }
});
process.stdin.on('end', () => process.exit());
