using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using Xunit;

namespace HostSwap.IntegrationTests.Support;

/// <summary>An outer host with its memory mount, and no guest yet.</summary>
public sealed class PreparedWorld : IAsyncLifetime
{
    /// <summary>The outer host.</summary>
    public OuterHostLab Lab { get; private set; } = null!;

    /// <summary>Its generation.</summary>
    public Generation Generation { get; private set; } = null!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        var token = TestContext.Current.CancellationToken;
        Lab = await OuterHostLab.StartAsync(
            new LabOptions { Purpose = "prepare", Image = Repository.Trixie }.With("memory", "size = \"4GiB\""), token);
        try
        {
            Generation = await Lab.GenerationAsync(1, token);
        }
        catch
        {
            await Lab.DisposeAsync();
            throw;
        }
    }

    /// <summary>How one VM stands in <c>vm list</c>.</summary>
    public async Task<ListedVmView> ListedAsync(Guid uuid, CancellationToken cancellationToken) =>
        (await Lab.Hostctl.ReadAsync<VmListView>(["vm", "list"], cancellationToken)).Vms.Single(vm => vm.Uuid == uuid);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Lab.DisposeAsync();
}
