import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answersWith } from '../probes.js';
import { platformResource } from '../resources.js';
import type { Part } from './part.js';

/** Standalone Solr with one core. It keeps its index between starts; the configuration is copied at every start. */
export const solr: Part = {
  name: 'solr',
  title: 'Solr',
  version: '9.10.1',
  ports: ['solr'],
  heapMb: 512,
  niceness: 10, // the niceness of the sink that writes to it: lower than that of bulk work, so that Solr keeps up
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

  // A core that is still replaying its update log answers 503.
  probe: (context) =>
    answersWith(`http://127.0.0.1:${context.ports.solr}/solr/${context.solr.core}/admin/ping?wt=json`, 200),
};
