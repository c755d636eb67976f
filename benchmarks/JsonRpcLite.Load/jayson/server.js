// jayson as its README teaches it. Says its port, and its CPU time in microseconds whenever a line comes.
const jayson = require('jayson');

const server = new jayson.Server({ subtract: (args, callback) => callback(null, args[0] - args[1]) }).http();
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => console.log(server.address().port));

require('readline').createInterface({ input: process.stdin })
    .on('line', () => { const used = process.cpuUsage(); console.log(`${used.user + used.system} 0`); })
    .on('close', () => process.exit(0));
