using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Generations;

public sealed class GuestNetworksTests : IDisposable
{
    private readonly SwapWorld _world = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_generation_is_told_bridges_by_subnets_as_the_kernel_writes_them()
    {
        _world.Engine.Networks["net"] = new NetworkDescription("net", "bridge", ["10.20.5.1/16", "fd00:20:0:0::/64"], "10.20.5.1");
        _world.Engine.Networks["net-lan"] = new NetworkDescription("net-lan", "bridge", ["10.30.0.0/24"], null);

        var networks = await Networks().ReadAsync(Token);

        AttachedNetwork.ToVariable(networks).ShouldBe("br0=10.20.0.0/16,fd00:20::/64 br1=10.30.0.0/24");
        AttachedNetwork.ToLabel(networks).ShouldBe("br0=net br1=net-lan");
    }

    [Fact]
    public async Task What_cannot_carry_guests_is_refused_by_name()
    {
        _world.Engine.Networks["net"] = new NetworkDescription("net", "macvlan", ["10.20.0.0/16"], null);
        _world.Engine.Networks["net-lan"] = new NetworkDescription("net-lan", "bridge", [], null);

        var error = await Should.ThrowAsync<EnvironmentException>(() => Networks().ReadAsync(Token));

        error.Message.ShouldContain("the Docker network net of br0 is of the driver macvlan");
        error.Message.ShouldContain("the Docker network net-lan of br1 has no subnet");
    }

    [Fact]
    public async Task Those_that_are_missing_are_found() =>
        (await Networks().MissingAsync(Token)).Select(static network => network.Network).ShouldBe(["net", "net-lan"]);

    private GuestNetworks Networks() =>
        new(_world.Settings with { FurtherNetworks = [new GuestNetwork("br1", "net-lan", null, null)] }, _world.Engine);
}
