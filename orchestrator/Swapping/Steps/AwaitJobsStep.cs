using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>
/// Waits for backups, block jobs and other jobs that run on VMs, since libvirt migrates none on which one does. It is no
/// failure that they go on after the limit: the plan that is made then names them.
/// </summary>
internal sealed class AwaitJobsStep(SwapSession session)
{
    /// <summary>
    /// How often they are looked at: libvirt's event of a block job comes once for each of its ends, is lost while libvirtd
    /// restarts, and there is none for other jobs.
    /// </summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly HashSet<string> _told = new(StringComparer.Ordinal);

    /// <summary>Waits until no VM of the side that VMs leave has one, or the limit is over.</summary>
    public async Task<string> RunAsync(TimeSpan limit, CancellationToken stop)
    {
        var began = session.Time.GetTimestamp();
        for (; ; )
        {
            var running = await FindAsync(stop);
            if (running.Count == 0)
                return "no job runs on any VM any more";
            foreach (var (vm, job) in running)
                Tell($"{vm}: {job.What}", $"{vm}: {job.InWords} is under way; its end is waited for, at most {DurationText.Format(limit)}");
            if (session.Time.GetElapsedTime(began) > limit)
                return $"after {DurationText.Format(limit)} there still is {string.Join(", ", running.Select(static item => $"{item.Job.InWords} ({item.Vm})"))}";
            await Task.Delay(Interval, session.Time, stop);
        }
    }

    private async Task<IReadOnlyList<(string Vm, RunningJob Job)>> FindAsync(CancellationToken stop)
    {
        var domains = session.Source.Libvirt.Domains;
        var machines = await Task.WhenAll((await domains.ListVmsAsync(stop))
            .Where(static domain => domain.IsActive)
            .Select(domain => ReadAsync(domains, domain, stop)));
        return [.. machines.OfType<VirtualMachine>().SelectMany(static machine => RunningJob.Of(machine).Select(job => (machine.Name, job)))];
    }

    /// <summary>Null for one that has ended since it was listed: it has no job any more.</summary>
    private static async Task<VirtualMachine?> ReadAsync(Libvirt.ILibvirtDomains domains, Libvirt.DomainRecord domain, CancellationToken stop)
    {
        try
        {
            return await InventoryReader.ReadVmAsync(domains, domain, stop);
        }
        catch (AdapterException) when (!stop.IsCancellationRequested)
        {
            if (await domains.FindAsync(domain.Uuid, stop) is { IsActive: true })
                throw;
            return null;
        }
    }

    private void Tell(string what, string message)
    {
        if (_told.Add(what))
            session.Notice(message);
    }
}
