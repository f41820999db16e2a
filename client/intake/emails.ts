/** One bare address, without a name or signs around it. */
const address = /^[^\s@"<>(),;:\\[\]]+@[^\s@"<>(),;:\\[\]]+$/;
const unprintable = /\p{Cc}/u;

export const isEmail = (text: string): boolean => text.length <= 254 && address.test(text) && !unprintable.test(text);
