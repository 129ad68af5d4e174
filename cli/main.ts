#!/usr/bin/env node
import { Command } from 'commander';
import { PlatformError } from '../local/servers/errors.js';
import { asFanlightError } from '../schemas/failure.js';
import { auditCommand } from './commands/audit.js';
import { dlqCommand } from './commands/dlq.js';
import { doctorCommand, downCommand, startCommand, statusCommand, upCommand } from './commands/deployment.js';
import { gatewayCommand, prepareCommand, workerCommand } from './commands/processes.js';
import { keysCommand } from './commands/keys.js';
import { modelsCommand } from './commands/models.js';
import { produceCommand } from './commands/produce.js';
import { subscribeCommand } from './commands/subscribe.js';
import { tagCommand } from './commands/tag.js';
import { topologyCommand } from './commands/topology.js';
import { webhooksCommand } from './commands/webhooks.js';

// Warnings of libraries that a user cannot act on.
process.env['KAFKAJS_NO_PARTITIONER_WARNING'] = '1';
process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

/** Every command is an entry here; a command imports its implementation when it runs. */
const commands = [
  startCommand,
  upCommand,
  downCommand,
  statusCommand,
  doctorCommand,
  tagCommand,
  produceCommand,
  subscribeCommand,
  topologyCommand,
  dlqCommand,
  auditCommand,
  modelsCommand,
  keysCommand,
  webhooksCommand,
  prepareCommand,
  workerCommand,
  gatewayCommand,
];

const program = new Command('fanlight')
  .description('Tags listing photos: events in through Kafka, tags out to S3, Solr, Redis and subscribers.')
  .version('0.1.0')
  .showHelpAfterError('(fanlight --help lists the commands)');
for (const command of commands) program.addCommand(command());

try {
  await program.parseAsync();
} catch (thrown) {
  process.stderr.write(`fanlight: ${explain(thrown)}\n`);
  // Connections that the failure left open would keep the process alive.
  process.exit(process.exitCode === undefined || process.exitCode === 0 ? 1 : process.exitCode);
}

/** Returns the message and the remedy; a stack trace only for unexpected errors. */
function explain(thrown: unknown): string {
  if (thrown instanceof PlatformError) return thrown.message;
  if (thrown instanceof Error && thrown.name.startsWith('KafkaJS')) {
    return `Kafka failed (${thrown.message}). Start the brokers or correct FANLIGHT_KAFKA_BROKERS.`;
  }
  const error = asFanlightError(thrown);
  if (error.code !== 'unexpected-error') return `${error.message} ${error.remedy}`;
  return `${error.message} ${error.remedy}\n${error.cause instanceof Error ? (error.cause.stack ?? '') : ''}`;
}
