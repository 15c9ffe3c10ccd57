using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// The VMs that an unfinished operation has asked to shut down, or saved, and that are to be started again wherever their definition ends
/// up. By the journal, so that no death in between leaves one off; and no other VM is ever started by it.
/// </summary>
/// <remarks>
/// A request to shut down cannot be taken back: one whose guest has let the deadline pass, and shuts down after all while the
/// operation is unfinished, is started again too.
/// </remarks>
internal sealed class Restarts(IJournal journal, EffectLog log, IOuterKernel kernel, Action<string> notice)
{
    /// <summary>The journal's step that asks a guest to shut down.</summary>
    public const string ShutdownStep = "shut-down";

    /// <summary>The journal's step that saves one.</summary>
    public const string SaveStep = "save";

    /// <summary>The journal's step that starts it again.</summary>
    public const string StartStep = "start-again";

    /// <summary>Whether any VM is waited for so.</summary>
    public bool Any => All().Count > 0;

    /// <summary>Whether a VM has been asked to shut down, or saved, and was not started again since.</summary>
    public bool Waits(Guid uuid) => All().ContainsKey(uuid);

    /// <summary>Notes that one which was to be stopped runs on, and does not wait any more.</summary>
    public Task RunsOnAsync(Guid uuid) => log.DoAsync(StartStep, uuid.ToString(), static () => Task.FromResult("it was not stopped, and runs on"));

    /// <summary>
    /// Starts a VM that waits for it, and looks that it runs. One that was saved is restored; it is left as it is where it went off
    /// by itself, as by a power cut, before it was saved, or after it was restored.
    /// </summary>
    /// <returns>Whether it runs.</returns>
    /// <exception cref="AdapterException">It does not run; or what it was saved to is damaged, and a start would boot it anew.</exception>
    public async Task<bool> StartAsync(Generation generation, ILibvirtDomains domains, Guid uuid)
    {
        // An earlier try may have been cut off after libvirt was told.
        if (await domains.FindAsync(uuid, CancellationToken.None) is { IsActive: false } domain)
        {
            await new StateSettlement(journal, kernel, log, notice).RunAsync(generation.Paths, uuid, domain.Name);
            if (All().GetValueOrDefault(uuid) is { Step: SaveStep } saving && WhyOff(generation, domain, saving) is { } why)
            {
                await log.DoAsync(StartStep, uuid.ToString(), () => Task.FromResult($"{why}: it stays off"));
                notice($"{domain.Name} stays off in {generation.Name}: {why}; 'virsh start' boots it");
                return false;
            }
        }

        await log.DoAsync(StartStep, uuid.ToString(), () => StartOnceAsync(generation, domains, uuid));
        return true;
    }

    private static async Task<string> StartOnceAsync(Generation generation, ILibvirtDomains domains, Guid uuid)
    {
        if (await domains.FindAsync(uuid, CancellationToken.None) is not { IsActive: true })
            await domains.StartAsync(uuid, CancellationToken.None);
        return await domains.FindAsync(uuid, CancellationToken.None) is { IsActive: true }
            ? $"it runs in {generation.Name} again"
            : throw new AdapterException($"libvirt {generation.Name}", "start", "it does not run after it was started");
    }

    /// <summary>
    /// Why one that was to be saved is off and has nothing to go on from. libvirt removes an image once it is restored
    /// (<c>qemuDomainObjStart</c>), and boots one anew whose image is gone or was never finished: nobody has asked for that.
    /// </summary>
    /// <exception cref="AdapterException">It was saved, and what it goes on from is damaged: a person may still save some of it.</exception>
    private static string? WhyOff(Generation generation, DomainRecord domain, JournalEntry saving) =>
        (SavedImage.Inspect(generation.Paths, domain.Uuid, domain.Name), saving.Result) switch
        {
            ({ Problem: null }, _) => null,
            ({ } image, EntryResult.Done) => throw new AdapterException(
                $"libvirt {generation.Name}", "restore", $"its managed save image cannot be restored: {image.Problem}; 'virsh start' boots it anew"),
            (null, EntryResult.Done) => "it was saved, and its image was restored or removed since",
            _ => "it went off before it was saved",
        };

    /// <summary>Starts those of a generation's VMs that wait for it.</summary>
    /// <param name="generation">The generation, which runs.</param>
    /// <param name="domains">Its domains.</param>
    /// <param name="elsewhere">Domains of a generation that is yet to be left: what is defined there too is still to be moved.</param>
    /// <returns>What could not be started, with the reason.</returns>
    public async Task<IReadOnlyList<string>> StartAllAsync(Generation generation, ILibvirtDomains domains, ILibvirtDomains? elsewhere = null)
    {
        List<string> problems = [];
        foreach (var uuid in All().Keys)
        {
            if (await domains.FindAsync(uuid, CancellationToken.None) is not { Persistent: true, IsActive: false } domain || Executes(uuid))
                continue;
            if (elsewhere is not null && await elsewhere.FindAsync(uuid, CancellationToken.None) is not null)
                continue;
            try
            {
                await StartAsync(generation, domains, uuid);
            }
            catch (HostSwapException exception) when (exception is not JournalException)
            {
                problems.Add($"{domain.Name} was stopped for the swap and could not be started again in {generation.Name}: {exception.Message}");
            }
        }

        return problems;
    }

    /// <summary>Whatever libvirt says, no VM is started for which a QEMU exists anywhere.</summary>
    private bool Executes(Guid uuid) => kernel.QemuProcesses().Any(process => process.DomainUuid == uuid);

    /// <summary>What waits, with the step that stopped it, or began to.</summary>
    private Dictionary<Guid, JournalEntry> All()
    {
        var waiting = new Dictionary<Guid, JournalEntry>();
        foreach (var entry in journal.UnfinishedOperations().Reverse().SelectMany(operation => journal.Entries(operation.Id)))
        {
            if (!Guid.TryParse(entry.Subject, out var uuid))
                continue;
            if (entry.Step is ShutdownStep or SaveStep)
                waiting[uuid] = entry;
            else if (entry is { Step: StartStep, Result: EntryResult.Done })
                waiting.Remove(uuid);
        }

        return waiting;
    }
}
