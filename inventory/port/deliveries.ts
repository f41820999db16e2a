/** The part of the inventory that knows which messages were accepted. */
export interface DeliveryInventory {
  isDelivered(source: string, messageId: string): Promise<boolean>;
  /** To be called once the engine has accepted what the message says, never before. */
  recordDelivery(source: string, messageId: string, acceptedAt: string): Promise<void>;
  forgetDeliveries(acceptedBefore: string): Promise<void>;
}
