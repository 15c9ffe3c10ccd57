using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Xunit;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// An outer host on which moving its one running VM takes long enough to interfere: as long as that has not arrived,
/// every VM is on the old side, and stays there whatever dies on the new one.
/// </summary>
public sealed class ThrottledWorld : IAsyncLifetime
{
    /// <summary>The bandwidth of migrations that are slow, and come to their end.</summary>
    public const int SlowMiBPerSecond = 12;

    /// <summary>Of those here, none of which does: what a test does meanwhile takes longer on a busy machine.</summary>
    private const int SlowestMiBPerSecond = 4;

    private OuterHostLab? _lab;

    /// <summary>The lab.</summary>
    public OuterHostLab Lab => _lab!;

    /// <summary>The VM whose transfer takes some 25 seconds, if it is let.</summary>
    public Guest Slow { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Its configuration: one VM at a time, as slowly as said.</summary>
    public static LabOptions Options(int? bandwidth)
    {
        var options = new LabOptions { Purpose = "failures", Image = Repository.Bookworm }
            // A test that wants a retry says so: the others want to see the failure.
            .With("migration", "parallel = 1", "retries = 0")
            .With("generation", "ready_timeout = \"20s\"");
        return bandwidth is null ? options : options.With(
            "migration", $"bandwidth_mib_per_second = {bandwidth}", $"max_bandwidth_mib_per_second = {bandwidth}");
    }

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        _lab = await OuterHostLab.StartAsync(Options(SlowestMiBPerSecond), Token);
        try
        {
            var generation = await _lab.GenerationAsync(1, Token);
            var guests = await _lab.AddGuestsAsync(
                generation,
                [
                    // What it fills cannot be compressed, so that much must pass through the throttle.
                    new GuestSpec("slow") { MemoryMiB = 384, FillMiB = 96, Disk = DiskFormat.Qcow2 },
                    new GuestSpec("spare") { State = GuestState.ShutOff, Autostart = true },
                ],
                Token);
            Slow = guests[0];
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
        if (_lab is null) return;
        await DockerCli.TryAsync(["image", "rm", "--force", BrokenImage], CancellationToken.None);
        await _lab.DisposeAsync();
    }

    /// <summary>The image that is not active now.</summary>
    public async Task<string> OtherImageAsync(CancellationToken cancellationToken) =>
        (await Lab.Hostctl.StatusAsync(cancellationToken)).Active.Image is Repository.Bookworm ? Repository.Trixie : Repository.Bookworm;

    /// <summary>An image whose libvirt does not start.</summary>
    public async Task<string> BuildBrokenImageAsync(CancellationToken cancellationToken)
    {
        const string Dockerfile = $"""
            FROM {Repository.Trixie}
            RUN ln -sf /dev/null /etc/systemd/system/libvirtd.service && ln -sf /dev/null /etc/systemd/system/libvirtd.socket
            """;
        await DockerCli.RunAsync(["build", "--quiet", "--force-rm", "--network", "none", "--tag", BrokenImage, "-"], cancellationToken, TimeSpan.FromMinutes(2), Dockerfile);
        return BrokenImage;
    }

    private string BrokenImage => $"hostswap/lab-broken:{Lab.Id}";
}
