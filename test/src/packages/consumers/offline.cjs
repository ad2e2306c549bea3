/** Preloaded into programs. Makes every attempt to open a connection fail. */
const { Socket } = require("node:net");

Socket.prototype.connect = () => {
  throw new Error("The packages opened a connection at run time.");
};
