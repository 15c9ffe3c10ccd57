using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Fleet;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Fleet;

public sealed class FleetMemberTests
{
    /// <summary>The expected name is what systemd-id128(1) of systemd 252 says on a machine of that id.</summary>
    [Fact]
    public void The_name_that_follows_from_a_machine_id_is_systemds() =>
        FleetMember.Derive("0123456789abcdef0123456789abcdef", "5a3c1f0e9b774d0c8e21c64b7df2a913").ShouldBe("bcfa4b8a442f499bb02ea917d50aed27");

    [Fact]
    public void Outer_hosts_that_share_a_machine_have_names_of_their_own_and_none_is_the_machine_id()
    {
        var (one, other) = (FleetMember.NameOf(Settings("/a")), FleetMember.NameOf(Settings("/b")));

        one.ShouldNotBe(other);
        one.ShouldBe(FleetMember.NameOf(Settings("/a")));
        one.ShouldNotContain(File.ReadAllText("/etc/machine-id").Trim());
        FleetMember.NameOf(Settings("/a") with { Fleet = new FleetSettings { Member = "server1" } }).ShouldBe("server1");
    }

    private static HostSwapSettings Settings(string root) =>
        SettingsLoader.Load(path: null, new Dictionary<string, string?>(StringComparer.Ordinal) { [SettingsLoader.RootVariable] = "/nonexistent" + root });
}
