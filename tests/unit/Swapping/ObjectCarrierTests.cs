using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary>What a host has besides VMs is the same on the other side afterwards.</summary>
public sealed class ObjectCarrierTests : IDisposable
{
    private const string Id = "11111111-2222-3333-4444-555555555555";
    private static readonly Guid Secret = Guid.Parse(Id);

    private readonly SwapWorld _world = new();

    private FakeLibvirtHost Source => _world.Source;

    private FakeLibvirtHost Target => _world.Target;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_new_candidate_is_given_everything()
    {
        Source.Networks.Add("lan", Network("lan"), active: true, autostart: true);
        Source.StoragePools.Add("images", $"<pool><name>images</name><uuid>{Id}</uuid></pool>", active: false);
        Source.NetworkFilters.Add("clean", $"<filter name='clean'><uuid>{Id}</uuid></filter>", active: false);

        await RunAsync();

        Target.Networks["lan"].ShouldBe(Source.Networks["lan"]);
        Target.StoragePools["images"].ShouldBe(Source.StoragePools["images"]);
        Target.NetworkFilters.Names.ShouldBe(["clean"]);
    }

    [Fact]
    public async Task It_can_be_run_again_and_then_touches_nothing()
    {
        Source.Networks.Add("lan", Network("lan"), autostart: true);
        var carrier = new ObjectCarrier(_world.Session);
        await carrier.RunAsync(CancellationToken.None);
        Target.Networks.Calls.Clear();

        (await carrier.RunAsync(CancellationToken.None)).ShouldEndWith("0 differed");

        Target.Networks.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task The_outer_host_is_given_what_it_lacks_and_keeps_its_own()
    {
        _world.TargetIs = (GenerationRole.Candidate, DateTimeOffset.UnixEpoch);
        Source.Networks.Add("lan", Network("lan"), autostart: true);
        Source.Networks.Add("new", Network("new").Replace(Id, Guid.NewGuid().ToString(), StringComparison.Ordinal), autostart: true);
        Target.Networks.Add("lan", Network("lan"), autostart: false);
        Target.Networks.Add("own", Network("own").Replace(Id, Guid.NewGuid().ToString(), StringComparison.Ordinal), autostart: true);
        var session = _world.Session;
        var outer = session.Target.Generation.Record with { Number = GenerationPaths.OuterNumber };

        await new ObjectCarrier(session with { Target = session.Target with { Generation = Generation.From(outer, _world.Paths) } }).RunAsync(CancellationToken.None);

        Target.Networks.Names.ShouldBe(["lan", "new", "own"], ignoreOrder: true);
        Target.Networks["lan"].Autostart.ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_transient_is_left()
    {
        Source.Networks.Add("lan", Network("lan"), persistent: false);

        await RunAsync();

        Target.Networks.Names.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_changed_definition_takes_the_place_of_the_old_one_and_takes_effect()
    {
        Source.Networks.Add("lan", Network("lan", "new"));
        Target.Networks.Add("lan", Network("lan", "old"));

        await RunAsync();

        Target.Networks.XmlOf("lan").ShouldBe(Network("lan", "new"));
        Target.Networks.Calls.ShouldBe(["stop lan", "define lan", "start lan"]);
    }

    [Fact]
    public async Task A_network_that_VMs_may_use_is_not_stopped_for_a_new_definition()
    {
        Source.Networks.Add("lan", Network("lan", "new"));
        Target.Networks.Add("lan", Network("lan", "old"));
        Target.Domains.Known[Secret] = new DomainRecord(Secret, "vm", DomainState.Running, 0, Persistent: true, Autostart: false);

        await RunAsync();

        Target.Networks.Calls.ShouldBe(["define lan"]);
    }

    [Fact]
    public async Task What_libvirt_goes_by_a_name_with_another_UUID_is_replaced()
    {
        Source.NetworkFilters.Add("clean", $"<filter name='clean'><uuid>{Id}</uuid></filter>", active: false);
        Target.NetworkFilters.Add("clean", $"<filter name='clean'><uuid>{Guid.NewGuid()}</uuid></filter>", active: false);

        await RunAsync();

        Target.NetworkFilters["clean"].Uuid.ShouldBe(Guid.Parse(Id));
    }

    [Theory]
    [InlineData(GenerationRole.Candidate, false, true)] // The image's own.
    [InlineData(GenerationRole.Candidate, true, false)] // Called back: removed since.
    [InlineData(GenerationRole.Active, false, true)] // The one that counts.
    public async Task What_the_other_side_has_alone_goes_only_where_it_was_removed_since(GenerationRole role, bool calledBack, bool stays)
    {
        _world.TargetIs = (role, calledBack ? DateTimeOffset.UnixEpoch : null);
        Target.Networks.Add("old", Network("old"));
        Target.Secrets.Xml[Secret] = SecretXml();

        await RunAsync();

        Target.Networks.Names.Contains("old").ShouldBe(stays);
        Target.Secrets.Xml.ContainsKey(Secret).ShouldBe(stays);
    }

    [Fact]
    public async Task The_active_generation_is_given_what_it_lacks_and_not_changed()
    {
        _world.TargetIs = (GenerationRole.Active, null);
        Source.Networks.Add("lan", Network("lan", "candidate"));
        Source.Networks.Add("new", Network("new"));
        Target.Networks.Add("lan", Network("lan", "active"));

        await RunAsync();

        Target.Networks.XmlOf("lan").ShouldBe(Network("lan", "active"));
        Target.Networks.Names.ShouldContain("new");
    }

    [Fact]
    public async Task Filters_come_after_those_that_they_refer_to()
    {
        Source.NetworkFilters.Add("a", Filter("a", "b", "c"), active: false);
        Source.NetworkFilters.Add("b", Filter("b", "c"), active: false);
        Source.NetworkFilters.Add("c", Filter("c"), active: false);
        Target.NetworkFilters.Needs = static xml => System.Xml.Linq.XElement.Parse(xml).Elements("filterref").Select(static reference => reference.Attribute("filter")!.Value);

        await RunAsync();

        Target.NetworkFilters.Calls.ShouldBe(["define c", "define b", "define a"]);
    }

    [Theory]
    [InlineData("no")]
    [InlineData("yes")]
    public async Task A_secret_comes_with_its_value_also_where_libvirt_does_not_tell_it(string isPrivate)
    {
        Source.Secrets.Xml[Secret] = SecretXml(isPrivate);
        Source.Secrets.Values[Secret] = [1, 0, 255];
        WriteValue(1, [1, 0, 255]);
        if (isPrivate is "yes") WriteValue(2, [1, 0, 255]); // As libvirt does when it is set.

        await RunAsync();

        Target.Secrets.Xml[Secret].ShouldBe(SecretXml(isPrivate));
        Target.Secrets.Values[Secret].ShouldBe([1, 0, 255]);
    }

    [Fact]
    public async Task A_new_value_takes_the_place_of_the_old_one_and_neither_is_told()
    {
        Source.Secrets.Xml[Secret] = Target.Secrets.Xml[Secret] = SecretXml();
        Source.Secrets.Values[Secret] = "geheim-neu"u8.ToArray();
        Target.Secrets.Values[Secret] = "geheim-alt"u8.ToArray();

        await RunAsync();

        Target.Secrets.Values[Secret].ShouldBe("geheim-neu"u8.ToArray());
        var told = string.Join('\n', _world.Journal.Entries(_world.Operation).Select(static entry => $"{entry.Subject} {entry.Observed}"));
        told.ShouldContain(Id);
        told.ShouldNotContain("geheim");
    }

    [Fact]
    public async Task A_secret_without_a_value_stays_one()
    {
        Source.Secrets.Xml[Secret] = SecretXml();

        await RunAsync();

        Target.Secrets.Xml.ShouldContainKey(Secret);
        Target.Secrets.Values.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_a_libvirt_of_another_release_writes_differently_is_told_once_and_not_done_again()
    {
        Source.Networks.Add("lan", Network("lan"));
        Target.Networks.Writes = static xml => xml.Replace("<domain", "<mtu size='1500'/><domain", StringComparison.Ordinal);
        var carrier = new ObjectCarrier(_world.Session);
        await carrier.RunAsync(CancellationToken.None);
        Target.Networks.Calls.Clear();

        await carrier.RunAsync(CancellationToken.None);

        Target.Networks.Calls.ShouldBeEmpty();
        _world.Notices.Count.ShouldBe(1);
        _world.Notices[0].ShouldContain("network lan");
    }

    [Fact]
    public async Task What_is_still_missing_afterwards_is_a_failure_that_names_it()
    {
        Source.Networks.Add("lan", Network("lan"), autostart: true);
        Target.Networks.OnSetAutostart = static () => { };

        var failure = await Should.ThrowAsync<StepFailedException>(RunAsync);

        failure.Problems.Single().ShouldContain("network lan");
        failure.Problems.Single().ShouldContain("started by itself");
    }

    private static string Network(string name, string domain = "x") => $"<network><name>{name}</name><uuid>{Id}</uuid><domain name='{domain}'/></network>";

    private static string Filter(string name, params string[] others) =>
        $"<filter name='{name}'><uuid>{Guid.Parse(Id)}</uuid>{string.Concat(others.Select(static other => $"<filterref filter='{other}'/>"))}</filter>";

    private static string SecretXml(string isPrivate = "no") => $"<secret ephemeral='no' private='{isPrivate}'><uuid>{Id}</uuid></secret>";

    private Task RunAsync() => new ObjectCarrier(_world.Session).RunAsync(CancellationToken.None);

    /// <summary>As libvirt keeps it.</summary>
    private void WriteValue(int generation, byte[] value)
    {
        var directory = Directory.CreateDirectory(Path.Join(new GenerationPaths(_world.Paths, generation).LibvirtConfiguration, "secrets"));
        File.WriteAllText(Path.Join(directory.FullName, $"{Id}.base64"), Convert.ToBase64String(value));
    }
}
