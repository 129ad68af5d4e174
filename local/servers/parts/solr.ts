import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answersWith } from '../probes.js';
import { platformResource } from '../package-root.js';
import type { Part } from './part.js';

/** Standalone Solr with one core. It keeps the index, and copies the configuration anew at every start. */
export const solr: Part = {
  name: 'solr',
  title: 'Solr',
  version: '9.10.1',
  ports: ['solr'],
  heapMb: 512,
  niceness: 10, // the same as its sink: more urgent than bulk work, so that Solr keeps up with it
  fetch: 'copy-dependencies',
  sources: ['Guard.java', 'SolrLauncher.java'],

  async prepare(context) {
    const { core, configset } = context.solr;
    const conf = join(context.dataDir, core, 'conf');
    await rm(conf, { recursive: true, force: true });
    await mkdir(conf, { recursive: true });
    await cp(join(configset, 'conf'), conf, { recursive: true });
    await cp(platformResource('solr', 'solr.xml'), join(context.dataDir, 'solr.xml'));
    await writeFile(join(context.dataDir, core, 'core.properties'), `name=${core}\n`);
    return {
      kind: 'java',
      classpath: [join(context.artifacts, 'launcher.jar'), join(context.artifacts, 'lib', '*')],
      mainClass: 'SolrLauncher',
      jvmArgs: [
        `-Dlog4j2.configurationFile=${platformResource('logging', 'log4j2.xml')}`,
        `-Dsolr.log.dir=${context.dataDir}`,
      ],
      args: [context.dataDir, String(context.ports.solr)],
    };
  },

  // While a core replays its update log, it answers 503 here.
  probe: (context) =>
    answersWith(`http://127.0.0.1:${context.ports.solr}/solr/${context.solr.core}/admin/ping?wt=json`, 200),
};
