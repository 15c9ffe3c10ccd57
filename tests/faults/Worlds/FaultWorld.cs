using System.Diagnostics;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;

namespace HostSwap.Faults.Worlds;

/// <summary>An outer host with its guests, which many runs may use one after the other.</summary>
internal sealed class FaultWorld : IAsyncDisposable
{
    private readonly Dictionary<Guest, FileOwner> _owners = [];

    private FaultWorld(OuterHostLab lab, WorldDesign design) => (Lab, Design) = (lab, design);

    /// <summary>The lab.</summary>
    public OuterHostLab Lab { get; }

    /// <summary>What it was made of.</summary>
    public WorldDesign Design { get; }

    /// <summary>When it was made, as a timestamp.</summary>
    public long MadeAt { get; } = Stopwatch.GetTimestamp();

    /// <summary>Number of the generation that is active as a run begins.</summary>
    public int Active { get; private set; }

    /// <summary>Its image.</summary>
    public string Image { get; private set; } = "";

    /// <summary>The image that a swap goes to.</summary>
    public string OtherImage => string.Equals(Image, Repository.Bookworm, StringComparison.Ordinal) ? Repository.Trixie : Repository.Bookworm;

    /// <summary>Whether a run has left in it what no other one expects; the next gets a new one.</summary>
    public bool IsSpoilt { get; set; }

    /// <summary>Who owned a guest's disk before any swap.</summary>
    public FileOwner? OwnerBefore(Guest guest) => _owners.GetValueOrDefault(guest);

    /// <summary>Makes one.</summary>
    public static async Task<FaultWorld> MakeAsync(WorldDesign design, CancellationToken cancellationToken)
    {
        var lab = await OuterHostLab.StartAsync(design.Options, cancellationToken);
        var world = new FaultWorld(lab, design);
        try
        {
            await lab.AddGuestsAsync(await lab.GenerationAsync(1, cancellationToken), design.Guests(), cancellationToken);
            foreach (var guest in lab.Guests)
                if (guest.DiskPath is { } disk) world._owners[guest] = await FileOwner.OfAsync(disk, cancellationToken);
            await world.LookAsync(cancellationToken);
            return world;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Makes a run begin as every other one: the usual configuration, only the active generation, and every guest in the
    /// state that it was made in.
    /// </summary>
    public async Task ResetAsync(CancellationToken cancellationToken)
    {
        await Lab.ConfigureAsync(Design.Options.Without("generation", "keep_retired").With("generation", "keep_retired = \"0s\""), cancellationToken);
        var retired = await Lab.Hostctl.RunAsync(["retire", "--now"], cancellationToken);
        if (retired.ExitCode is not (ExitCodes.Done or ExitCodes.NothingToDo)) retired.Succeeded();
        await Lab.ConfigureAsync(Design.Options, cancellationToken);
        await LookAsync(cancellationToken);
        var generation = await Lab.GenerationAsync(Active, cancellationToken);
        foreach (var guest in Lab.Guests) await RestoreAsync(generation, guest, cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var active = (await Lab.Hostctl.StatusAsync(cancellationToken)).Active;
        (Active, Image) = (active.Number, active.Image);
    }

    private static async Task RestoreAsync(Generation generation, Guest guest, CancellationToken cancellationToken)
    {
        var known = (await generation.DomainsAsync(cancellationToken)).Contains(guest.Spec.Uuid);
        var runs = known && await generation.StateAsync(guest, cancellationToken) is "running";
        var shall = guest.Spec.State is GuestState.Running;
        if (runs == shall) return;
        if (!shall)
        {
            await generation.VirshAsync(["destroy", guest.Uuid], cancellationToken);
            return;
        }

        // Its life begins anew, and so must what is told of it: nobody writes there while it is off.
        File.Delete(guest.ConsoleLog);
        await generation.VirshAsync(guest.Spec.Persistent ? ["start", guest.Uuid] : ["create", "/dev/stdin"], cancellationToken, guest.Spec.Persistent ? null : guest.Xml);
        await OuterHostLab.WaitForTicksAsync(guest, 5, cancellationToken);
    }
}
