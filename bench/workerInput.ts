export interface SimulatorAddress {
  readonly url: string;
  readonly apiKey: string;
  readonly appKey: string;
}

export interface WorkerInput {
  readonly address: string;
  readonly simulator: SimulatorAddress;
  readonly inventoryFile: string;
  readonly bundleFile: string;
  readonly maxCachedWorkflows: number;
}
