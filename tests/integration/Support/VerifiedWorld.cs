using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Xunit;

namespace HostSwap.IntegrationTests.Support;

/// <summary>An outer host that is in order, with a guest of each kind that verification asks different things of.</summary>
public sealed class VerifiedWorld : IAsyncLifetime
{
    /// <summary>The outer host.</summary>
    public OuterHostLab Lab { get; private set; } = null!;

    /// <summary>Its generation.</summary>
    public Generation Generation { get; private set; } = null!;

    /// <summary>A guest with an agent, a network card and a disk.</summary>
    public Guest Web { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "verify", Image = Repository.Trixie }, token);
        try
        {
            Generation = await Lab.GenerationAsync(1, token);
            var guests = await Lab.AddGuestsAsync(
                Generation,
                [
                    new GuestSpec("web") { Agent = true, Disk = DiskFormat.Qcow2 },
                    new GuestSpec("paused") { State = GuestState.Paused, Disk = DiskFormat.Raw },
                    new GuestSpec("spare") { State = GuestState.ShutOff },
                ],
                token);
            Web = guests[0];
        }
        catch
        {
            await Lab.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Lab.DisposeAsync();
}
