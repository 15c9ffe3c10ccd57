using HostSwap.Orchestrator.Adopting;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Adopting;

/// <summary>What the outer host's security drivers have written into a VM's XML does not go into a generation, which has none of them.</summary>
public sealed class ConfinementTests
{
    [Fact]
    public void AppArmor_and_SELinux_are_taken_out_and_owners_stay()
    {
        const string Disk = "<disk type='file'><source file='/v/a'><seclabel model='selinux' relabel='no'/><seclabel model='dac' relabel='no'/></source></disk>";
        const string Xml = $"<domain><name>a</name><devices>{Disk}</devices><seclabel type='dynamic' model='apparmor' relabel='yes'><label>libvirt-1</label></seclabel><seclabel type='dynamic' model='dac' relabel='yes'/></domain>";

        Confinement.IsIn(Xml).ShouldBeTrue();
        var free = Confinement.Without(Xml);
        free.ShouldNotContain("apparmor");
        free.ShouldNotContain("selinux");
        free.Split("dac").Length.ShouldBe(3);
        free.ShouldContain("/v/a");
    }

    [Fact]
    public void Without_any_the_text_stays_as_it_is()
    {
        const string Xml = "<domain>\n  <name>a</name>\n</domain>";

        Confinement.IsIn(Xml).ShouldBeFalse();
        Confinement.Without(Xml).ShouldBeSameAs(Xml);
    }
}
