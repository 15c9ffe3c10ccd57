using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Diagnosis;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Diagnosis;

public sealed class NetworkChecksTests : IDisposable
{
    private static readonly GuestNetwork Lan = new("br1", "net-lan", "10.30.0.0/16", null);

    private readonly SwapWorld _world = new();

    private NetworkChecks Checks => new(_world.Settings with { FurtherNetworks = [Lan] }, _world.Engine);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("bridge", "10.30.0.0/16", HealthStatus.Ok, "net-lan of br1: 10.30.0.0/16")]
    [InlineData("bridge", "10.31.0.0/16", HealthStatus.Warning, "and not 10.30.0.0/16 as configured")]
    [InlineData("macvlan", "10.30.0.0/16", HealthStatus.Error, "only a bridge carries the frames of guests")]
    public async Task A_network_is_as_configured_or_it_is_told(string driver, string subnet, HealthStatus status, string message)
    {
        _world.Engine.Networks["net-lan"] = new NetworkDescription("net-lan", driver, [subnet], null);

        var check = await Checks.LookAsync(Lan, Token);

        check.Status.ShouldBe(status);
        check.Message.ShouldContain(message);
    }

    [Theory]
    [InlineData(null, HealthStatus.Warning)]
    [InlineData("br0=net", HealthStatus.Warning)]
    [InlineData("br0=net br1=net-lan", HealthStatus.Ok)]
    public async Task A_generation_that_is_older_than_a_network_is_told(string? label, HealthStatus status)
    {
        _world.Engine.Add("gen", 1, restart: true);
        if (label is not null)
            _world.Engine.Containers["gen"] = _world.Engine.Containers["gen"] with { Labels = new Dictionary<string, string>(StringComparer.Ordinal) { [HostImageContract.NetworksLabel] = label } };

        var check = await Checks.LookAsync("gen", "gen-1", Token);

        check.Status.ShouldBe(status);
        if (status == HealthStatus.Warning)
            check.Message.ShouldBe("gen-1 was made before br1 (net-lan) was configured, and does not have it");
    }
}
