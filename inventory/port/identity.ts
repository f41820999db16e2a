import type { EvidenceRow } from './evidence.ts';

/** Which inventory it is, and how far its evidence goes. */
export interface InventoryMark extends Pick<EvidenceRow, 'seq' | 'hash'> {
  readonly inventoryId: string;
}

/** How an inventory is not the one that was noted: another one, an older copy, or a copy that went on by itself. */
export type MarkDifference = 'another' | 'older' | 'parted';
