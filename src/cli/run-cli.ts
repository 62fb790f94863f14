import { Command } from 'commander';
import { ownVersion } from '../producer/version.ts';
import { addCancel } from './cancel.ts';
import { addCleanup } from './cleanup.ts';
import type { Cli } from './cli.ts';
import { addClients } from './clients.ts';
import { addCluster } from './cluster.ts';
import { addCompare } from './compare.ts';
import { addCompletion } from './completion.ts';
import { addConfig } from './config.ts';
import { addDashboard } from './dashboard.ts';
import { EXIT_CODES_HELP } from './exit-code.ts';
import { commandIn, helpAsked } from './help-asked.ts';
import { addInit } from './init.ts';
import { addList } from './list.ts';
import { addLogs } from './logs.ts';
import { addReport } from './report.ts';
import { reportError } from './report-error.ts';
import { addResults } from './results.ts';
import { addRetry } from './retry.ts';
import { addSchema } from './schema.ts';
import { addServices } from './services.ts';
import { addStage } from './stage.ts';
import { addStatus } from './status.ts';
import { addSubmit } from './submit.ts';
import type { Terminal } from './terminal.ts';
import { addTunnel } from './tunnel.ts';
import { addUp } from './up.ts';
import { addValidate } from './validate.ts';
import { addWatch } from './watch.ts';
import { addWorker } from './worker.ts';

/** Runs one command line. @returns the exit code. */
export async function runCli(argv: readonly string[], terminal: Terminal): Promise<number> {
  const cli: Cli = { terminal, exitCode: 0 };
  const program = programOf(cli);
  try {
    await program.parseAsync(helpAsked(program, argv), { from: 'user' });
    return cli.exitCode;
  } catch (error) {
    return reportError(error, terminal, argv.includes('--json'), commandIn(program, argv));
  }
}

/** Every command; subcommands inherit how this one ends and prints. */
export function programOf(cli: Cli): Command {
  const { terminal } = cli;
  const program = new Command('sbench')
    .description('Benchmark AI services on Slurm clusters: one YAML recipe in, trustworthy numbers out.')
    .version(ownVersion())
    .option('--config <file>', 'the configuration (else SBENCH_CONFIG, then sbench.config.yaml upward)')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(text.replace(/\n$/, '')),
      writeErr: (text) => terminal.say(text.replace(/\n$/, '')),
      // Said once, by `reportError`.
      outputError: () => {},
      getOutHasColors: () => terminal.color,
      getErrHasColors: () => terminal.color,
    })
    .addHelpText(
      'after',
      `${EXIT_CODES_HELP}

Example:
  sbench submit recipes/quickstart.yaml --watch`,
    );
  for (const add of [
    addInit,
    addServices,
    addClients,
    addValidate,
    addSubmit,
    addStage,
    addStatus,
    addList,
    addWatch,
    addLogs,
    addTunnel,
    addCancel,
    addRetry,
    addResults,
    addReport,
    addCompare,
    addUp,
    addWorker,
    addDashboard,
    addCluster,
    addCleanup,
    addConfig,
    addCompletion,
    addSchema,
  ]) {
    add(program, cli);
  }
  return program;
}
