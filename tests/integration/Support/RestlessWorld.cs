using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Xunit;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// An outer host with a guest that dirties memory faster than it may be sent, even with all the bandwidth that the ladder
/// may give it, and within no downtime that it may have: its copy never converges.
/// </summary>
public sealed class RestlessWorld : IAsyncLifetime
{
    private string _image = Repository.Bookworm;
    private OuterHostLab? _lab;

    /// <summary>The lab.</summary>
    public OuterHostLab Lab => _lab!;

    /// <summary>The guest.</summary>
    public Guest Restless { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One of a test's own, whose first generation has another image.</summary>
    internal static async Task<RestlessWorld> StartAsync(string image)
    {
        var world = new RestlessWorld { _image = image };
        await world.InitializeAsync();
        return world;
    }

    /// <summary>Its configuration. Without throttling, which would tame the guest sooner or later.</summary>
    public static LabOptions Options { get; } = new LabOptions { Purpose = "ladder", Image = Repository.Bookworm }.With(
        "migration",
        "parallel = 1",
        "retries = 0",
        "auto_converge = false",
        "bandwidth_mib_per_second = 24",
        "max_bandwidth_mib_per_second = 32",
        "downtime = \"50ms\"",
        "max_downtime = \"200ms\"",
        "climb_after = \"1s\"",
        "deadline_base = \"60s\"",
        "deadline_per_gib = \"0s\"");

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _lab = await OuterHostLab.StartAsync(Options with { Image = _image }, Token);
        try
        {
            Restless = await _lab.AddGuestAsync(
                await _lab.GenerationAsync(1, Token),
                new GuestSpec("restless") { Dirty = new DirtyLoad(64, 96), Disk = DiskFormat.Qcow2, Autostart = true },
                Token);
        }
        catch
        {
            await _lab.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_lab is not null) await _lab.DisposeAsync();
    }

    /// <summary>Says in the guest's own metadata what becomes of its copy; null takes what was said away.</summary>
    public async Task SayAsync(string? policy)
    {
        string[] metadata = ["metadata", Restless.Uuid, "--uri", "urn:hostswap:vm:1", "--live", "--config"];
        var generation = await ActiveAsync();
        await generation.VirshAsync(
            policy is null ? [.. metadata, "--remove"] : [.. metadata, "--key", "hs", "--set", $"<vm><policy>{policy}</policy></vm>"], Token);
    }

    /// <summary>The generation in which it is.</summary>
    public async Task<Generation> ActiveAsync() => await Lab.GenerationAsync((await Lab.Hostctl.StatusAsync(Token)).Active.Number, Token);

    /// <summary>The image that is not active now.</summary>
    public async Task<string> OtherImageAsync() =>
        (await Lab.Hostctl.StatusAsync(Token)).Active.Image is Repository.Bookworm ? Repository.Trixie : Repository.Bookworm;
}
