import type { NativeConnectionOptions } from '@temporalio/worker';
import type { SigningKey } from '../auth/keys.ts';

export interface DatadogConfig {
  readonly baseUrl: string;
  readonly isSimulator: boolean;
  /** Read again at each call, so that keys in files can be replaced while a worker runs. */
  readonly keys: () => Promise<DatadogKeys>;
}

export interface DatadogKeys {
  readonly apiKey: string;
  readonly appKey: string;
}

export interface TemporalConfig {
  /** Absent where no cluster is named and no `npm start` runs in `home`. */
  readonly connection?: NativeConnectionOptions & { readonly address: string };
  readonly namespace: string;
  /** The address of the web interface, known for a dev server that `npm start` runs. */
  readonly uiUrl?: string;
}

/** The configuration of a process, read once from the environment and, beside a running `npm start`, from its folder. */
export interface Config {
  /** `MUSTER_HOME`, absolute. */
  readonly home: string;
  /** `MUSTER_PORT`, of the gateway. The engine's interface and others take free ports. */
  readonly port: number;
  /** Whether the port was set; otherwise another one is used where it is taken. */
  readonly isPortGiven: boolean;
  /** `MUSTER_METRICS_PORT`, of the metrics of a worker or gateway; else the one after `port`. */
  readonly metricsPort: number;
  /** Whether that was set; otherwise another one is used where it is taken. */
  readonly isMetricsPortGiven: boolean;
  /** `MUSTER_TRUSTED_PROXIES`: whose word on a sender's address counts. Addresses and networks; none where it is not set. */
  readonly trustedProxies: readonly string[];
  /** `MUSTER_PUBLIC_URL`, without a slash at the end: the gateway as senders reach it. */
  readonly publicUrl?: string;
  /** `MUSTER_SECRETS`, absolute: one file a source of events. */
  readonly secretsFolder: string;
  readonly temporal: TemporalConfig;
  /** Absent where neither a site nor a simulator is known. */
  readonly datadog?: DatadogConfig;
  /** PostgreSQL where `DATABASE_URL` is set, else a file in `home`. */
  readonly inventory: { readonly url: string } | { readonly file: string };
  /** `MUSTER_POLICY`, absolute; else `policy.yaml` here; else, with a simulator only, the example. */
  readonly policyPath: string;
  /** `MUSTER_SIGNING_KEY_FILE`, else a key in `home` that is created when it is first needed. */
  readonly signingKey: SigningKey;
  /** `TEMPORAL_CLI_PATH`. */
  readonly cliPath?: string;
  readonly searchPath: string;
  readonly cacheHome?: string;
}

/** Environment variables as a process was given them. */
export type Environment = Readonly<Record<string, string | undefined>>;
