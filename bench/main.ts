import { readOptions } from './options.js';

/** Measures the time that the library adds to the SDKs, by layers or beside its peers. See README.md. */

const options = readOptions();
if (options.peers) {
  const { measurePeers } = await import('./peers/main.js');
  await measurePeers(options, options.out);
} else {
  const { measureLayers } = await import('./layers.js');
  await measureLayers(options);
}
