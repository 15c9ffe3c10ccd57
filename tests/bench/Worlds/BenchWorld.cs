using HostSwap.Bench.Measuring;
using HostSwap.Bench.Reporting;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;

namespace HostSwap.Bench.Worlds;

/// <summary>
/// An outer host with two generations of the same release, both running, between which guests go to and fro by every
/// method: the direction makes no difference, and no guest has to be made anew for another method.
/// </summary>
internal sealed class BenchWorld : IAsyncDisposable
{
    /// <summary>The image of both generations.</summary>
    public const string Image = Repository.Trixie;

    /// <summary>How many guests may boot and fill their memory at once: more would only be in each other's way.</summary>
    private const int Boots = 4;

    private static readonly LabOptions Options = new LabOptions { Purpose = "make bench", Image = Image }.With("generation", "soak = \"1d\"");

    private readonly List<Guest> _guests = [];

    private BenchWorld(OuterHostLab lab, Generation active, Generation other) => (Lab, Active, Other) = (lab, active, other);

    /// <summary>The outer host.</summary>
    public OuterHostLab Lab { get; }

    /// <summary>The generation that holds the guests.</summary>
    public Generation Active { get; private set; }

    /// <summary>The other one, which runs and is empty.</summary>
    public Generation Other { get; private set; }

    /// <summary>The guests that are in it now.</summary>
    public IReadOnlyList<Guest> Guests => _guests;

    /// <summary>Makes one.</summary>
    public static async Task<BenchWorld> StartAsync(CancellationToken cancellationToken)
    {
        var lab = await OuterHostLab.StartAsync(Options, cancellationToken);
        try
        {
            var first = await lab.GenerationAsync(1, cancellationToken);
            var world = new BenchWorld(lab, first, first);
            await world.SwapAsync(cancellationToken);
            return world;
        }
        catch
        {
            await lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds guests to the active generation; their memory is full when it returns.</summary>
    public async Task AddAsync(IReadOnlyList<GuestSpec> specs, CancellationToken cancellationToken)
    {
        foreach (var some in specs.Chunk(Boots))
        {
            var guests = await Lab.AddGuestsAsync(Active, some, cancellationToken);
            _guests.AddRange(guests);
            foreach (var guest in guests) await BenchGuests.WaitUntilFilledAsync(Lab, guest, cancellationToken);
        }
    }

    /// <summary>Removes all guests; returns what is wrong with any: figures of a guest that did not survive are worth nothing.</summary>
    public async Task<IReadOnlyList<string>> RemoveGuestsAsync(CancellationToken cancellationToken)
    {
        List<string> problems = [];
        foreach (var guest in _guests)
        {
            problems.AddRange(guest.ReadLog().Judge().Problems.Select(problem => $"{guest.Name}: {problem}"));
            await Active.VirshAsync(["destroy", guest.Uuid], cancellationToken);
            await Active.VirshAsync(["undefine", guest.Uuid], cancellationToken);
        }

        _guests.Clear();
        return problems;
    }

    /// <summary>Says how hostctl shall move from now on.</summary>
    /// <param name="method">Handover, or copy though the guests could be handed over.</param>
    /// <param name="migration">Further lines of the configuration.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public Task ConfigureAsync(string method, IReadOnlyList<string> migration, CancellationToken cancellationToken)
    {
        // Handover is hostctl's default.
        string[] lines = method is Methods.Copy ? ["handover = false"] : [];
        return Lab.ConfigureAsync(Options.With("migration", [.. lines, .. migration]), cancellationToken);
    }

    /// <summary>hostctl moves everything to the other generation, which runs already.</summary>
    public Task<HostctlRun> GoOverAsync(CancellationToken cancellationToken) => RunAsync(["rollback"], cancellationToken);

    /// <summary>hostctl swaps to a new candidate; what was the active one is then the other.</summary>
    public Task<HostctlRun> SwapAsync(CancellationToken cancellationToken) => RunAsync(["swap", "--force", "--image", Image], cancellationToken);

    /// <summary>Stops the other generation; returns how long that took.</summary>
    public async Task<TimeSpan> RetireAsync(CancellationToken cancellationToken)
    {
        var retired = await Lab.Hostctl.RunAsync(["retire", "--now"], cancellationToken);
        return retired.Succeeded().Elapsed;
    }

    /// <summary>Plain virsh moves everything to the other generation; hostctl does not know, so it must come back by virsh.</summary>
    public Task<IReadOnlyDictionary<Guest, VirshMove>> VirshThereAsync(VirshStyle style, CancellationToken cancellationToken) =>
        VirshMigration.RunAsync(_guests, (Active, Other), style, cancellationToken);

    /// <summary>And back.</summary>
    public Task<IReadOnlyDictionary<Guest, VirshMove>> VirshBackAsync(VirshStyle style, CancellationToken cancellationToken) =>
        VirshMigration.RunAsync(_guests, (Other, Active), style, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private async Task<HostctlRun> RunAsync(IReadOnlyList<string> verb, CancellationToken cancellationToken)
    {
        var run = await HostctlRun.RunAsync(Lab.Hostctl, verb, cancellationToken);
        if (run.Active == Active.Number) throw new LabException($"hostctl {verb[0]}: gen-{run.Active} is still active");
        (Active, Other) = (await Lab.GenerationAsync(run.Active, cancellationToken), Active);
        return run;
    }
}
