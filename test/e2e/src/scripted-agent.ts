// A host's agent as a process: registers one consumer for each token it is given and tells each callback and each turn
// of its session in a line of JSON. `node scripted-agent.js NATS_URL HOST TOKEN...`
import { connect } from '@irqmesh/client';
import type { Peer } from '@irqmesh/client';

const [natsUrl, host, ...tokens] = process.argv.slice(2);

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const client = await connect({ servers: natsUrl!, host: host!, log: { warn: () => {} } });
client.on('sessionLost', ({ reason }) => tell({ sessionLost: reason }));
client.on('sessionOpened', ({ replaces }) => tell({ sessionOpened: true, replaces: replaces !== undefined }));
client.on('registrationRestored', ({ token }) => tell({ restored: token }));
const told = (callback: string, token: string) => (_peer: Peer) => tell({ callback, token });
for (const token of tokens) {
  await client.registerConsumer({
    token,
    stop: told('stop', token),
    start: told('start', token),
    addProducer: told('addProducer', token),
    delProducer: told('delProducer', token),
  });
}
tell({ registered: tokens.length, session: client.session });
