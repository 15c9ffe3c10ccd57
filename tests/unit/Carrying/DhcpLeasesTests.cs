using System.Globalization;
using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Carrying;

/// <summary>What addresses guests have from a network is known on the other side before its dnsmasq starts.</summary>
public sealed class DhcpLeasesTests : IDisposable
{
    private const string Network =
        "<network><name>lan</name><uuid>11111111-2222-3333-4444-555555555555</uuid><bridge name='virbr7'/><ip address='192.168.7.1' prefix='24'><dhcp><range start='192.168.7.2' end='192.168.7.9'/></dhcp></ip></network>";

    private readonly SwapWorld _world = new();

    private GenerationPaths Here => _world.Session.Source.Generation.Paths;

    private GenerationPaths There => _world.Session.Target.Generation.Paths;

    private static string Soon => DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_network_that_is_made_there_knows_them_when_it_starts()
    {
        var text = Leases(("192.168.7.2", Soon));
        Write(Here, text);
        Write(There, null);
        _world.Source.Networks.Add("lan", Network);
        string? atStart = null;
        _world.Target.Networks.OnStart = () => atStart = Read(There);

        await RunAsync();

        atStart.ShouldBe(text);
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("[]", true)]
    [InlineData("", true)]
    [InlineData("same", false)]
    public async Task A_network_that_runs_there_already_is_started_anew_where_it_lacks_one(string? there, bool anew)
    {
        var text = Leases(("192.168.7.2", Soon));
        Write(Here, text);
        Write(There, there is "same" ? Leases(("192.168.7.2", "0"), ("192.168.7.3", Soon)) : there);
        _world.Source.Networks.Add("lan", Network);
        _world.Target.Networks.Add("lan", Network);

        await RunAsync();

        _world.Target.Networks.Calls.ShouldBe(anew ? ["stop lan", "start lan"] : []);
        if (anew) Read(There).ShouldBe(text);
    }

    [Fact]
    public async Task One_that_has_ended_is_none()
    {
        Write(Here, Leases(("192.168.7.2", "1600000000")));
        Write(There, null);
        _world.Source.Networks.Add("lan", Network);
        _world.Target.Networks.Add("lan", Network);

        await RunAsync();

        _world.Target.Networks.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_for_ever_is_one()
    {
        Write(Here, Leases(("192.168.7.2", "0")));
        Write(There, null);
        _world.Source.Networks.Add("lan", Network);
        _world.Target.Networks.Add("lan", Network);

        await RunAsync();

        _world.Target.Networks.Calls.ShouldBe(["stop lan", "start lan"]);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[1]")]
    public async Task A_file_that_is_none_of_libvirt_s_is_told_and_nothing_is_stopped(string text)
    {
        Write(Here, text);
        Write(There, null);
        _world.Source.Networks.Add("lan", Network);
        _world.Target.Networks.Add("lan", Network);

        await RunAsync();

        _world.Target.Networks.Calls.ShouldBeEmpty();
        _world.Notices.ShouldHaveSingleItem().ShouldContain("virbr7.status");
    }

    [Fact]
    public async Task A_file_that_is_none_of_libvirt_s_is_given_to_nobody_and_the_network_starts_all_the_same()
    {
        Write(Here, "{");
        Write(There, null);
        _world.Source.Networks.Add("lan", Network);

        await RunAsync();

        _world.Target.Networks["lan"].Active.ShouldBeTrue();
        File.Exists(PathOf(There)).ShouldBeFalse();
        _world.Notices.ShouldContain(static notice => notice.Contains("virbr7.status", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("<network><bridge name='virbr7'/><ip address='192.168.7.1'/></network>")]
    [InlineData("<network><ip address='192.168.7.1'><dhcp/></ip></network>")]
    public void A_network_that_gives_out_none_has_no_file(string definition) => DhcpLeases.FileOf(definition).ShouldBeNull();

    private Task<string> RunAsync() => new ObjectCarrier(_world.Session).RunAsync(CancellationToken.None);

    private static string Leases(params IEnumerable<(string Address, string Expiry)> leases) =>
        $"[{string.Join(',', leases.Select(static lease => $$"""{"ip-address":"{{lease.Address}}","mac-address":"52:54:00:00:00:01","expiry-time":{{lease.Expiry}}}"""))}]";

    private static string PathOf(GenerationPaths generation) => Path.Join(generation.LibvirtState, "dnsmasq", "virbr7.status");

    private static string Read(GenerationPaths generation) => File.ReadAllText(PathOf(generation));

    private static void Write(GenerationPaths generation, string? text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(generation))!);
        if (text is not null) File.WriteAllText(PathOf(generation), text);
    }
}
