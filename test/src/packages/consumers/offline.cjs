/** Preloaded into a consumer: whatever opens a connection at run time fails. */
const { Socket } = require("node:net");

Socket.prototype.connect = () => {
  throw new Error("a connection was opened at run time");
};
