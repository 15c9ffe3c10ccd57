using CsCheck;
using HostSwap.Orchestrator.Configuration;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

public sealed class ValueTests : ConfigurationFixture
{
    [Theory]
    [InlineData("root = \"srv\"", "is not an absolute path")]
    [InlineData("root = \"\"", "is not an absolute path")]
    [InlineData("root = \"/a/../b\"", "is not in its shortest form")]
    [InlineData("root = \"//a\"", "is not in its shortest form")]
    [InlineData("root = \"/a:b\"", "contains ':'")]
    [InlineData("root = \"/a\\nb\"", "contains a control character")]
    [InlineData("root = \"/a\\u0000b\"", "contains a control character")]
    [InlineData("root = \"/0123456789012345678901234567890123456789012345678901234567890123456789\"", "is 40 bytes too long")]
    [InlineData("image = \"Upper/case\"", "is not an image reference")]
    [InlineData("docker.endpoint = \"tcp://127.0.0.1:2375\"", "is not a UNIX socket")]
    [InlineData("docker.endpoint = \"unix://run/x\"", "is not an absolute path")]
    [InlineData("docker.endpoint = \"unix:///run/a b\"", "a URI does not carry unchanged")]
    [InlineData("docker.network = \"-x\"", "is not a name of a Docker network")]
    [InlineData("docker.network = \"\"", "is not a name of a Docker network")]
    [InlineData("docker.subnet = \"10.0.0.0\"", "is not an IPv4 network")]
    [InlineData("docker.subnet = \"10.0/16\"", "is not an IPv4 network")]
    [InlineData("docker.subnet = \"fd00::/64\"", "is not an IPv4 network")]
    [InlineData("docker.subnet = \"10.0.0.0/33\"", "is not an IPv4 network")]
    [InlineData("docker.subnet = \"10.0.0.0/30\"", "8 to 29 are allowed")]
    [InlineData("docker.subnet = \"10.0.0.9/24\"", "the network is \"10.0.0.0/24\"")]
    [InlineData("docker.subnet = \"127.0.0.0/8\"", "loopback")]
    [InlineData("docker.subnet = \"224.0.0.0/24\"", "multicast")]
    [InlineData("docker.container_range = \"10.0.0.0/24\"", "set docker.subnet too")]
    [InlineData("docker.subnet = \"10.0.0.0/24\"\ndocker.container_range = \"10.0.1.0/25\"", "does not lie in docker.subnet")]
    [InlineData("docker.subnet = \"10.0.0.0/24\"\ndocker.container_range = \"10.0.0.0/16\"", "does not lie in docker.subnet")]
    [InlineData("docker.timeout = \"0s\"", "out of range; 1s to 10m")]
    [InlineData("docker.timeout = 30", "is a whole number; a text in quotes is needed")]
    [InlineData("generation.keep_retired = \"366d\"", "out of range; 0s to 365d")]
    [InlineData("migration.parallel = \"all\"", "\"auto\" or a whole number is")]
    [InlineData("migration.parallel = 65", "1 to 64 is allowed, or \"auto\"")]
    [InlineData("migration.bandwidth_mib_per_second = 0", "or \"unlimited\"")]
    [InlineData("migration.parallel_connections = 256", "1 to 255")]
    [InlineData("migration.memory_reserve_mib = -1", "0 to 16777216")]
    [InlineData("memory.size = \"0%\"", "out of range; 1% to 100%")]
    [InlineData("memory.size = \"101%\"", "out of range; 1% to 100%")]
    [InlineData("memory.size = \"-5%\"", "a size such as")]
    [InlineData("memory.size = \"48\"", "a size such as")]
    [InlineData("memory.size = \"48GB\"", "a size such as")]
    [InlineData("memory.size = \"1MiB\"", "out of range; 64MiB to 64TiB")]
    [InlineData("memory.size = \"99999999999999999999TiB\"", "a size such as")]
    [InlineData("memory.size = 75", "a text in quotes is needed")]
    [InlineData("memory.backing = \"ramfs\"", "\"tmpfs\", \"hugetlbfs\" are")]
    [InlineData("memory.backing = \"hugetlbfs\"\nmemory.page_size = \"3MiB\"", "is no size of a huge page")]
    [InlineData("memory.page_size = \"2MiB\"", "is for memory.backing \"hugetlbfs\"")]
    [InlineData("memory.backing = \"hugetlbfs\"\nmemory.huge_pages = \"always\"", "is for memory.backing \"tmpfs\"")]
    [InlineData("memory.huge_pages = \"sometimes\"", "\"never\", \"advise\", \"within_size\", \"always\" are")]
    [InlineData("memory.sise = \"75%\"", "did you mean memory.size?")]
    [InlineData("migration.policy = \"suspend\"", "\"stay\", \"pause\" and \"postcopy\" are allowed")]
    [InlineData("migration.downtime = \"2m\"", "out of range; 1ms to 1m")]
    [InlineData("migration.max_downtime = \"50ms\"", "is less than migration.downtime")]
    [InlineData("migration.max_bandwidth_mib_per_second = 5", "set migration.bandwidth_mib_per_second too")]
    [InlineData("migration.bandwidth_mib_per_second = 9\nmigration.max_bandwidth_mib_per_second = 5", "is less than migration.bandwidth_mib_per_second")]
    [InlineData("[vm.db]\npolicy = \"x\"", "vm.db.policy")]
    [InlineData("[vm.db]\nwhen_not_live = \"kill\"", "\"refuse\", \"restart\", \"save-restore\", \"detach-reattach\" and \"leave\" are allowed")]
    [InlineData("[vm.db]\nlive = \"no\"", "vm.db.live")]
    [InlineData("[vm.db]\nshutdown_deadline = \"0s\"", "1s to 1d is allowed")]
    [InlineData("migration.canaries = \"none\"", "\"all\" and \"handover\" are allowed")]
    [InlineData("migration.when_not_live = \"maybe\"", "\"refuse\", \"restart\", \"save-restore\", \"detach-reattach\" and \"leave\" are allowed")]
    [InlineData("migration.shutdown_deadline = \"2d\"", "1s to 1d is allowed")]
    [InlineData("migration.wait_jobs = \"8d\"", "0s to 7d is allowed")]
    [InlineData("[vm.db]\npriority = 1001", "-1000 to 1000")]
    [InlineData("[vm.\"a.b\"]\ngroup = \"a b\"", "is no name of a group")]
    [InlineData("[vm.db]\ndisplay = \"5901\"", "is no address with a port, such as")]
    [InlineData("[vm.db]\ndisplay = \"127.0.0.1:0\"", "is no address with a port, such as")]
    [InlineData("[vm.a]\ndisplay = \"127.0.0.1:5901\"\n[vm.b]\ndisplay = \"127.0.0.1:5901\"", "is that of vm.a.display already")]
    [InlineData("[vm.db]\npolice = \"stay\"", "is not a key of a VM; allowed are policy, priority, group, display, live, when_not_live, shutdown_deadline")]
    [InlineData("[vm.db]\npriority = \"high\"", "a whole number is needed")]
    [InlineData("vm = 3", "is not a key of the configuration")]
    [InlineData("storage.shared = [\"/\"]", "would replace the whole host OS")]
    [InlineData("storage.shared = [\"/etc/x\"]", "lies in /etc")]
    [InlineData("storage.shared = [\"/var/lib\"]", "every generation needs as its own")]
    [InlineData("storage.shared = [\"/var/lib/hostswap/x\"]", "lies in HostSwap's own /var/lib/hostswap")]
    [InlineData("root = \"/r\"\nstorage.shared = [\"/r\"]", "contains HostSwap's own")]
    [InlineData("storage.shared = [\"/srv\", \"/srv/vm\"]", "one lies in the other")]
    [InlineData("storage.shared = [\"/srv/a\", \"/srv/a/\"]", "are the same")]
    [InlineData("storage.shared = [\"vm\"]", "is not an absolute path")]
    public void A_wrong_value_is_told(string text, string expected) => Problem(text).ShouldContain(expected);

    [Theory]
    [InlineData("docker.subnet = \"auto\"\ndocker.container_range = \"all\"")]
    [InlineData("docker.subnet = \"192.168.7.0/24\"\ndocker.container_range = \"192.168.7.128/25\"")]
    [InlineData("storage.shared = [\"/srv/a\", \"/srv/ab\", \"/tmp/x\", \"/var/lib/hostswap2\"]")]
    [InlineData("generation.keep_retired = \"0s\"")]
    [InlineData("memory.size = \"1%\"\nmemory.huge_pages = \"within_size\"\nmemory.page_size = \"auto\"")]
    [InlineData("memory.size = \"48GiB\"\nmemory.backing = \"hugetlbfs\"\nmemory.page_size = \"1GiB\"")]
    [InlineData("migration.downtime = \"1s\"")]
    [InlineData("[vm.db]")]
    [InlineData("migration.parallel = \"auto\"\nmigration.bandwidth_mib_per_second = \"unlimited\"")]
    public void A_right_value_is_taken(string text) => Load(text).ShouldNotBeNull();

    [Theory]
    [InlineData("hostswap/host:trixie", true)]
    [InlineData("host", true)]
    [InlineData("localhost/host", true)]
    [InlineData("localhost:5000/a/b_c/d--e:Tag_1.2", true)]
    [InlineData("registry:5000/host", true)]
    [InlineData("Registry.Example/host", true)]
    [InlineData("a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    [InlineData("sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", true)]
    [InlineData("", false)]
    [InlineData("Host", false)]
    [InlineData("a:", false)]
    [InlineData("a/", false)]
    [InlineData("/a", false)]
    [InlineData("a b", false)]
    [InlineData("a:b:c", false)]
    [InlineData("a\n", false)]
    [InlineData("--help", false)]
    [InlineData("a@sha256:12", false)]
    public void Image_references_have_dockers_form(string text, bool valid) => ImageReference.IsValid(text).ShouldBe(valid);

    [Theory]
    [InlineData("90s", 90)]
    [InlineData("5m", 300)]
    [InlineData("1h30m", 5400)]
    [InlineData("7d", 604800)]
    [InlineData("0s", 0)]
    public void Durations_are_read(string text, double seconds)
    {
        DurationText.TryParse(text, out var duration).ShouldBeTrue();
        duration.ShouldBe(TimeSpan.FromSeconds(seconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("s")]
    [InlineData("-5s")]
    [InlineData("1.5h")]
    [InlineData("30m1h")]
    [InlineData("1s1s")]
    [InlineData("5 s")]
    [InlineData("5S")]
    [InlineData("99999999999d")]
    [InlineData("9223372036854775807d")]
    [InlineData("99999999999999999999s")]
    public void What_is_no_duration_is_refused(string text) => DurationText.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void Durations_are_written_as_they_are_read() =>
        Gen.Long[0, TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerMillisecond].Sample(milliseconds =>
        {
            var duration = TimeSpan.FromTicks(milliseconds * TimeSpan.TicksPerMillisecond);
            return DurationText.TryParse(DurationText.Format(duration), out var read) && read == duration;
        });

    [Fact]
    public void No_text_crashes_the_loader()
    {
        var fragments = Gen.OneOf([.. new[] {
            "root", "docker", "image", ".", " = ", "\n", "[", "]", "{", "}", "\"", "'", "\"\"\"", "#", ",", "3", "/", "\\", "1979-05-27", "é", "\t", "\r", "u12", "x", "U0011" }.Select(Gen.Const)]);
        fragments.Array[0, 20].Sample(
            parts =>
            {
                var problems = new ConfigurationProblems();
                var raw = RawSettings.From("f", ConfigurationDocument.Parse("f", string.Concat(parts), problems), problems);
                _ = new SettingsValidator("f", raw, problems).Validate(null, null);
            },
            iter: 50_000);
    }
}
