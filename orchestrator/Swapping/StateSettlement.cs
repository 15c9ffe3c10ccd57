using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Puts right what a death has left of the carrying of a VM's state, so that it is usable in exactly one generation, or in none
/// where it must not be used any more. It can be run any number of times.
/// </summary>
/// <remarks>
/// A copy that waits is used where the VM's definition is gone from the side that it came from, and the VM has not run since; put
/// away where the state is still where it came from; and put away, too, where the VM has run: its disks have moved on, and to
/// restore an image would damage them.
/// </remarks>
internal sealed class StateSettlement(IJournal journal, IOuterKernel kernel, EffectLog log, Action<string> notice)
{
    /// <summary>The journal's step that has a copy be used.</summary>
    public const string PlaceStep = "place-state";

    private const string DropStep = "drop-state";

    /// <summary>Settles what waits for a VM in a generation.</summary>
    /// <exception cref="EnvironmentException">A file cannot be read, renamed or removed.</exception>
    public async Task RunAsync(GenerationPaths generation, Guid uuid, string name)
    {
        foreach (var state in VmState.All(uuid, name))
        {
            try
            {
                if (Waits(generation, state))
                    await SettleAsync(generation, uuid, name, state);
            }
            catch (IOException exception)
            {
                throw Unusable(state, name, exception);
            }
        }
    }

    /// <summary>Has a copy that waits be used: the VM is here alone, and has not run since it was made.</summary>
    public Task PlaceAsync(GenerationPaths generation, Guid uuid, VmState state) => log.DoAsync(PlaceStep, uuid.ToString(), () =>
    {
        using var arriving = state.Arriving(generation);
        using var live = state.Live(generation) ?? throw new IOException($"{Path.Join(generation.LibvirtState, state.Directory)} is not there, which libvirt makes");
        SetAside(generation, state, live);
        arriving.Rename(state.Name, live, state.Name);
        live.Sync();
        arriving.Sync();
        return Task.FromResult($"{state.Words}: {FileTree.SizeOf(live, state.Name)} bytes are in {Generation.NameOf(generation.Number)}");
    });

    /// <summary>An error in the words of the product.</summary>
    public static EnvironmentException Unusable(VmState state, string name, Exception exception) => new(
        $"the {state.Words} of {name} cannot be carried: {exception.Message}", "Free space on the file system of HostSwap's state, and see that root may write there; then 'hostctl resume'.", exception);

    /// <summary>Renames what is there, and must not be used any more.</summary>
    /// <returns>Whether anything was there.</returns>
    public static bool SetAside(GenerationPaths generation, VmState state, HeldDirectory live)
    {
        if (live.Look(state.Name) is null)
            return false;
        using var aside = state.Aside(generation);
        // A directory cannot be renamed to one that is not empty.
        aside.Remove(state.Name);
        live.Rename(state.Name, aside, state.Name);
        aside.Sync();
        live.Sync();
        return true;
    }

    private static bool Waits(GenerationPaths generation, VmState state)
    {
        if (!Directory.Exists(generation.Arriving))
            return false;
        using var arriving = state.Arriving(generation);
        return arriving.Look(state.Name) is not null;
    }

    private async Task SettleAsync(GenerationPaths generation, Guid uuid, string name, VmState state)
    {
        if (StateNote.Last(journal, uuid) is not { } note || note.To != generation.Number)
        {
            await DropAsync(generation, uuid, state, "its VM had not left yet");
            return;
        }

        var from = new GenerationPaths(generation.Host, note.From);
        var isDefined = DefinitionFiles.Find(from, uuid) is not null;
        if (state.LeavesWithDefinition ? state.IsIn(from) : isDefined)
            await DropAsync(generation, uuid, state, $"it is in {Generation.NameOf(note.From)} still");
        else if (note.HasRunSince(from, generation, name) || kernel.QemuProcesses().Any(process => process.DomainUuid == uuid))
            await DropAsync(generation, uuid, state, "the VM has run since it was made");
        else if (!isDefined)
            await PlaceAsync(generation, uuid, state);
        else
            await ReturnAsync((from, generation), uuid, state);
    }

    private Task DropAsync(GenerationPaths generation, Guid uuid, VmState state, string why) => log.DoAsync(DropStep, uuid.ToString(), () =>
    {
        using var arriving = state.Arriving(generation);
        arriving.Remove(state.Name);
        arriving.Sync();
        return Task.FromResult($"the copy of its {state.Words} is not used: {why}");
    });

    /// <summary>libvirt died between the two: it had removed the image, and not yet the definition.</summary>
    private async Task ReturnAsync((GenerationPaths From, GenerationPaths To) sides, Guid uuid, VmState state)
    {
        await log.DoAsync("return-state", uuid.ToString(), () =>
        {
            using var aside = state.Aside(sides.From);
            using var live = state.Live(sides.From) ?? throw new IOException($"{Path.Join(sides.From.LibvirtState, state.Directory)} is not there, which libvirt makes");
            if (aside.Look(state.Name) is null)
                throw new IOException($"it is neither in {live.Path} nor in {aside.Path}");
            aside.Rename(state.Name, live, state.Name);
            live.Sync();
            return Task.FromResult($"{state.Words} is in {Generation.NameOf(sides.From.Number)} again");
        });
        await DropAsync(sides.To, uuid, state, $"it is in {Generation.NameOf(sides.From.Number)} again");
        notice($"the {state.Words} of VM {uuid} is back in {Generation.NameOf(sides.From.Number)}");
    }
}
