using HostSwap.Orchestrator.Images;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Images;

public sealed class AptSimulationTests
{
    [Fact]
    public void Lines_of_apt_get_become_updates()
    {
        var updates = AptSimulation.Parse("""
            NOTE: This is only a simulation!
            Inst libvirt0 [9.0.0-4+deb12u2] (9.0.0-4+deb12u3 Debian-Security:12/oldstable-security [amd64]) []
            Inst libvirt-daemon [9.0.0-4+deb12u2] (9.0.0-4+deb12u3 Debian:12.14/oldstable, Debian-Security:12/oldstable-security [amd64])
            Inst base-files [12.4+deb12u14] (12.4+deb12u15 Debian:12.14/oldstable [amd64])
            Inst libnew1 (1:2.0-1 Debian:12.14/oldstable [amd64])
            Inst agent [1.0] (2.0 localhost [all])
            Inst plain [1] (2  [all])
            Conf libvirt0 (9.0.0-4+deb12u3 Debian-Security:12/oldstable-security [amd64])
            Remv oldlib [1.0]
            """);

        updates.Select(static update => (update.Name, update.From, update.To, update.Security)).ShouldBe(
        [
            ("libvirt0", "9.0.0-4+deb12u2", "9.0.0-4+deb12u3", true),
            ("libvirt-daemon", "9.0.0-4+deb12u2", "9.0.0-4+deb12u3", true),
            ("base-files", "12.4+deb12u14", "12.4+deb12u15", false),
            ("libnew1", null, "1:2.0-1", false),
            ("agent", "1.0", "2.0", false),
            ("plain", "1", "2", false),
        ]);
        updates[1].Origin.ShouldBe("Debian:12.14/oldstable, Debian-Security:12/oldstable-security");
        AptSimulation.Parse("").ShouldBeEmpty();
    }
}
