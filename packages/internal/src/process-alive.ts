/** Whether a process is running on this machine, even as another user. */
export function isProcessAlive(processId: number): boolean {
  try {
    // Signal 0 only checks that the process exists.
    return process.kill(processId, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
}
