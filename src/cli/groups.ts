import type { AddGroup } from './group.ts';

interface Group {
  /** The first words of its lines. */
  readonly commands: readonly string[];
  readonly load: () => Promise<AddGroup>;
}

/** All groups, in the order of the help. */
export const groups: readonly Group[] = [
  { commands: ['login', 'logout', 'profiles'], load: async () => (await import('./groups/login.ts')).addLogin },
  { commands: ['status'], load: async () => (await import('./groups/status.ts')).addStatus },
  { commands: ['buy'], load: async () => (await import('./groups/purchases.ts')).addPurchases },
  { commands: ['servers'], load: async () => (await import('./groups/servers.ts')).addServers },
  { commands: ['jobs'], load: async () => (await import('./groups/jobs.ts')).addJobs },
  { commands: ['plans', 'locations'], load: async () => (await import('./groups/offer.ts')).addOffer },
  { commands: ['checkout'], load: async () => (await import('./groups/checkout.ts')).addCheckout },
  { commands: ['subscriptions'], load: async () => (await import('./groups/subscriptions.ts')).addSubscriptions },
  { commands: ['money'], load: async () => (await import('./groups/money.ts')).addMoney },
  { commands: ['events'], load: async () => (await import('./groups/events.ts')).addEvents },
  { commands: ['why'], load: async () => (await import('./groups/why.ts')).addWhy },
  { commands: ['alerts'], load: async () => (await import('./groups/alerts.ts')).addAlerts },
  { commands: ['keys'], load: async () => (await import('./groups/keys.ts')).addKeys },
  { commands: ['webhooks'], load: async () => (await import('./groups/webhooks.ts')).addWebhooks },
  { commands: ['sale', 'queue'], load: async () => (await import('./groups/switches.ts')).addSwitches },
  { commands: ['ordering', 'schedules'], load: async () => (await import('./groups/resumes.ts')).addResumes },
  { commands: ['machines'], load: async () => (await import('./groups/machines.ts')).addMachines },
  {
    commands: ['backup', 'migrate', 'rotate-secrets'],
    load: async () => (await import('./groups/local-programs.ts')).addLocalPrograms,
  },
  { commands: ['completion'], load: async () => (await import('./groups/completion.ts')).addCompletionHelp },
];

/** Loads the group of this command, or all groups for help. Each takes time to load. */
export async function loadGroups(first?: string): Promise<readonly AddGroup[]> {
  const own = groups.filter(({ commands }) => commands.some((command) => command === first));
  return Promise.all((own.length > 0 ? own : groups).map(({ load }) => load()));
}
