import type { Step, VectorName } from './scenario.ts';

/** What is about to happen, in the kernel's words. @param ttlMs how long a session stands without being renewed */
export function announce(step: Step, ttlMs: number): string {
  switch (step.kind) {
    case 'boot':
      return (
        `${step.host} boots ${list(step.vms)}${step.again ? ' again' : ''}: KVM registers ${count(step.vectors, 'irqfd')} as consumers, then VFIO its ` +
        `${count(step.vectors, 'vector')} as producers. Equal eventfds connect, and add_producer() posts the interrupt into the guest.`
      );
    case 'mask':
      return (
        `The guest in ${step.vector.vm} masks ${name(step.vector)}: QEMU points VFIO at an eventfd that it reads itself. The producer leaves its token, ` +
        'del_producer() remaps the interrupt to the host, and the irqfd waits.'
      );
    case 'unmask':
      return `It unmasks ${name(step.vector)}: the producer is back at its token and meets the waiting irqfd; posted again.`;
    case 'duplicate':
      return `A second producer asks for the token of ${name(step.vector)}: irq_bypass_register_producer() must return -EBUSY (-16), and no callback runs.`;
    case 'shutdown':
      return (
        `${step.vm} on ${step.host} shuts down: the guest disables MSI-X, so ${count(step.vectors, 'producer')} unregister first and ` +
        'every pair disconnects; the irqfds go last.'
      );
    case 'kill':
      return (
        `SIGKILL to the agent of ${step.host}: nobody unregisters. Its session runs out after ${ttlMs / 1000} s, the registries unregister ` +
        `what it held, and ${count(step.vectors, 'pair')} disconnect without callbacks.`
      );
    case 'return':
      return (
        `${step.host} is back, in a new boot: new eventfds, so new tokens, and nothing of the old boot can match them. It boots ` +
        `${list(step.vms)}; ${count(step.vectors, 'vector')} connect again.`
      );
  }
}

/** What came of a step, shorter: for the line that follows it. */
export function outcome(step: Step): string {
  switch (step.kind) {
    case 'boot':
    case 'return':
      return `${step.vectors} of ${step.vectors} vectors of ${list(step.vms)} are posted`;
    case 'mask':
      return `${name(step.vector)} is masked: disconnected, its interrupt goes to QEMU`;
    case 'unmask':
      return `${name(step.vector)} is posted again`;
    case 'duplicate':
      return 'refused with -16 (EBUSY); the pair was left alone';
    case 'shutdown':
      return `nothing of ${step.vm} is registered any more`;
    case 'kill':
      return `the session of ${step.host} expired; nothing of it is registered any more`;
  }
}

function name({ bdf, index }: VectorName): string {
  return `vector ${index} of ${bdf}`;
}

export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

const NAMED_MAX = 3;

function list(names: readonly string[]): string {
  if (names.length > NAMED_MAX) return `${names.slice(0, NAMED_MAX - 1).join(', ')} and ${names.length - NAMED_MAX + 1} more VMs`;
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
