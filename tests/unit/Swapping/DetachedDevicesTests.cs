using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class DetachedDevicesTests : IDisposable
{
    private const string Ring = "<shmem name='ring' role='peer'><alias name='shmem0'/></shmem>";
    private const string Card = "<interface type='direct'><mac address='52:54:00:00:00:01'/><target dev='macvtap0'/></interface>";
    private const string Port = "<interface type='bridge'><mac address='52:54:00:00:00:02'/></interface>";

    private readonly SwapWorld _world = new();
    private readonly DomainRecord _db;
    private readonly List<string> _attached = [];

    public DetachedDevicesTests()
    {
        _db = _world.Source.Domains.Add("db", DomainState.Running);
        Has(_world.Source.Domains, Ring + Card + Port);
        _world.Source.Domains.OnDetach = (_, device) => Has(_world.Source.Domains, device.Contains("shmem", StringComparison.Ordinal) ? Card + Port : Port);
        _world.Target.Domains.Known[_db.Uuid] = _db;
        Has(_world.Target.Domains, Port);
        _world.Target.Domains.OnAttach = (_, device) =>
        {
            _attached.Add(device);
            Has(_world.Target.Domains, string.Concat(_attached) + Port);
        };
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task What_cannot_move_is_taken_and_given_back_once()
    {
        (await Devices().DetachAsync(_world.Source.Domains, _db.Uuid, TimeSpan.FromSeconds(1))).ShouldBeNull();
        _world.Source.Domains.Calls.ShouldBe(["detach db", "detach db"]);

        // Another hostctl: it knows by the journal alone.
        (await Devices().AttachAllAsync(_world.Session.Target.Generation, _world.Target.Domains)).ShouldBeEmpty();
        _attached.Count.ShouldBe(2);
        _attached[0].ShouldSatisfyAllConditions(static device => device.ShouldContain("ring"), static device => device.ShouldNotContain("alias", Case.Sensitive, "that is the old QEMU's"));
        _attached[1].ShouldSatisfyAllConditions(static device => device.ShouldContain("52:54:00:00:00:01"), static device => device.ShouldNotContain("macvtap0"));

        (await Devices().AttachAllAsync(_world.Session.Target.Generation, _world.Target.Domains)).ShouldBeEmpty();
        _attached.Count.ShouldBe(2);
        Devices().Any.ShouldBeFalse();
    }

    [Fact]
    public void A_usb_device_that_is_told_by_its_maker_is_the_same_one_wherever_it_is_plugged_in()
    {
        static HostDevice Usb(string address) => HostDevice.In(DomainXmlReader.Parse(DomainXmls.WithDevices(
            Guid.NewGuid(), "db", $"<hostdev mode='subsystem' type='usb'><source><vendor id='0x1050'/><product id='0x0407'/>{address}</source></hostdev>"))).ShouldHaveSingleItem();

        var (here, there) = (Usb("<address bus='1' device='4'/>"), Usb("<address bus='1' device='9'/>"));
        here.Identity.ShouldBe(there.Identity);
        here.Xml.ShouldNotContain("address", Case.Sensitive, "libvirt would look for it at its old place");
    }

    [Fact]
    public async Task One_that_the_guest_keeps_is_told_and_not_given_twice()
    {
        _world.Source.Domains.OnDetach = (_, _) => { };

        var why = await new DetachedDevices(_world.Journal, Log, new HastyTime(), static _ => { }).DetachAsync(_world.Source.Domains, _db.Uuid, TimeSpan.FromSeconds(30));

        why.ShouldNotBeNull().ShouldContain("the guest to let go of its shared memory device ring");
        (await Devices().AttachAsync(_world.Session.Source.Generation, _world.Source.Domains, _db.Uuid)).ShouldBeNull();
        _world.Source.Domains.Calls.ShouldNotContain("attach db");
    }

    [Fact]
    public async Task One_that_cannot_be_given_back_is_told_and_waits()
    {
        await Devices().DetachAsync(_world.Source.Domains, _db.Uuid, TimeSpan.FromSeconds(1));
        _world.Target.Domains.OnAttach = (_, _) => throw new AdapterException("libvirt gen-2", "attach", "no free slot");

        var problem = (await Devices().AttachAllAsync(_world.Session.Target.Generation, _world.Target.Domains)).ShouldHaveSingleItem();

        problem.ShouldStartWith("db: its shared memory device ring");
        problem.ShouldContain("no free slot");
        Devices().Any.ShouldBeTrue();
    }

    [Fact]
    public async Task One_that_was_shut_off_meanwhile_has_it_at_its_next_start()
    {
        await Devices().DetachAsync(_world.Source.Domains, _db.Uuid, TimeSpan.FromSeconds(1));
        _world.Target.Domains.Known[_db.Uuid] = _db with { State = DomainState.ShutOff };

        (await Devices().AttachAsync(_world.Session.Target.Generation, _world.Target.Domains, _db.Uuid)).ShouldBeNull();

        _attached.ShouldBeEmpty();
        Devices().Any.ShouldBeFalse();
    }

    private EffectLog Log => new(_world.Journal, _world.Operation);

    private DetachedDevices Devices() => new(_world.Journal, Log, TimeProvider.System, static _ => { });

    private void Has(FakeDomains domains, string devices) => domains.Xml[_db.Uuid] = DomainXmls.WithDevices(_db.Uuid, "db", devices);
}
