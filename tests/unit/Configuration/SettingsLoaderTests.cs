using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

public sealed class SettingsLoaderTests : ConfigurationFixture
{
    [Fact]
    public void Without_a_file_the_defaults_apply()
    {
        var settings = SettingsLoader.Load(null, Environment(("HOSTSWAP_ROOT", Directory)));

        settings.Source.ShouldBeNull();
        settings.Paths.Root.ShouldBe(Directory);
        settings.Image.ShouldBe("hostswap/host:trixie");
        settings.SharedDirectories.ShouldBeEmpty();
        settings.Docker.Endpoint.ToString().ShouldBe("unix:///var/run/docker.sock");
        settings.Docker.Network.ShouldBe($"hostswap-{settings.Paths.Instance}");
        settings.Docker.Subnet.ShouldBeNull();
        settings.Migration.ShouldBe(new MigrationSettings(
            null, null, 1, true, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(30), 2, TimeSpan.FromSeconds(1), 512));
        settings.Generation.ShouldBe(
            new GenerationSettings(TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(10), TimeSpan.FromDays(1)));
    }

    [Fact]
    public void Every_key_is_read()
    {
        var settings = Load("""
            root = "/srv/outer"
            image = "registry.example:5000/team/host:13"
            docker.endpoint = "unix:///run/other.sock"
            docker.network = "uplink"
            docker.subnet = "10.20.0.0/16"
            docker.container_range = "10.20.4.0/24"
            docker.timeout = "1m30s"
            storage = { shared = ["/srv/vm/", "/var/lib/libvirt/other"] }
            [generation]
            ready_timeout = "2m"
            stop_timeout = "10s"
            soak = "1h"
            keep_retired = "7d"
            [migration]
            handover = false
            parallel = 3
            bandwidth_mib_per_second = 1000
            parallel_connections = 4
            auto_converge = false
            deadline_base = "10s"
            deadline_per_gib = "500ms"
            no_progress_limit = "5s"
            retries = 0
            retry_delay = "250ms"
            memory_reserve_mib = 0
            policy = "pause"
            max_bandwidth_mib_per_second = 2000
            downtime = "50ms"
            max_downtime = "2s"
            climb_after = "10s"
            wait_jobs = "2h"
            canaries = "handover"
            when_not_live = "restart"
            shutdown_deadline = "90s"
            [vm."db.example"]
            policy = "postcopy"
            priority = -3
            group = "customer-a"
            [vm.web]
            priority = 7
            live = false
            when_not_live = "refuse"
            shutdown_deadline = "15m"
            display = "[::1]:5901"
            """);

        settings.Source.ShouldBe(FilePath);
        settings.Paths.Root.ShouldBe("/srv/outer");
        settings.Image.ShouldBe("registry.example:5000/team/host:13");
        settings.Docker.ShouldBe(new DockerSettings(
            new Uri("unix:///run/other.sock"), "uplink", "10.20.0.0/16", "10.20.4.0/24", TimeSpan.FromSeconds(90)));
        settings.SharedDirectories.ShouldBe(["/srv/vm", "/var/lib/libvirt/other"]);
        settings.Generation.ShouldBe(
            new GenerationSettings(TimeSpan.FromMinutes(2), TimeSpan.FromSeconds(10), TimeSpan.FromHours(1), TimeSpan.FromDays(7)));
        settings.Migration.ShouldBe(new MigrationSettings(
            3, 1000, 4, false, TimeSpan.FromSeconds(10), TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(5), 0, TimeSpan.FromMilliseconds(250), 0)
        {
            Convergence = new ConvergenceSettings
            {
                Policy = ConvergencePolicy.Pause,
                MaximumBandwidthMiBPerSecond = 2000,
                Downtime = TimeSpan.FromMilliseconds(50),
                MaximumDowntime = TimeSpan.FromSeconds(2),
                ClimbAfter = TimeSpan.FromSeconds(10),
            },
            Handover = false,
            Canaries = CanaryScope.Handover,
            WaitJobs = TimeSpan.FromHours(2),
            WhenNotLive = NotLivePolicy.Restart,
            ShutdownDeadline = TimeSpan.FromSeconds(90),
        });
        settings.Vms.ShouldBe(new Dictionary<string, VmSettings>(StringComparer.Ordinal)
        {
            ["db.example"] = new VmSettings(ConvergencePolicy.PostCopy, -3, "customer-a"),
            ["web"] = new VmSettings(null, 7, null)
            {
                Display = System.Net.IPEndPoint.Parse("[::1]:5901"),
                Live = false,
                WhenNotLive = NotLivePolicy.Refuse,
                ShutdownDeadline = TimeSpan.FromMinutes(15),
            },
        });
    }

    [Fact]
    public void The_network_of_the_outer_host_at_the_root_has_no_suffix() =>
        Load("").Docker.Network.ShouldBe("hostswap");

    [Fact]
    public void The_root_of_the_environment_goes_before_that_of_the_file() =>
        Load("root = \"/a\"", ("HOSTSWAP_ROOT", "/b/")).Paths.Root.ShouldBe("/b");

    [Fact]
    public void The_default_file_is_looked_for_below_the_root()
    {
        System.IO.Directory.CreateDirectory(Path.Join(Directory, "etc/hostswap"));
        File.WriteAllText(Path.Join(Directory, "etc/hostswap/hostswap.toml"), "image = \"x:1\"");

        SettingsLoader.Load(null, Environment(("HOSTSWAP_ROOT", Directory))).Image.ShouldBe("x:1");
    }

    [Fact]
    public void The_file_of_the_environment_is_used_where_no_path_is_given()
    {
        Write("image = \"x:2\"");

        SettingsLoader.Load(null, Environment(("HOSTSWAP_CONFIG", FilePath))).Image.ShouldBe("x:2");
    }

    [Fact]
    public void Docker_host_is_used_only_where_the_file_names_no_endpoint()
    {
        Load("", ("DOCKER_HOST", "unix:///run/d.sock")).Docker.Endpoint.ToString().ShouldBe("unix:///run/d.sock");
        Load("docker.endpoint = \"unix:///run/e.sock\"", ("DOCKER_HOST", "tcp://far:2375"))
            .Docker.Endpoint.ToString().ShouldBe("unix:///run/e.sock");
        Problem("", ("DOCKER_HOST", "tcp://far:2375")).ShouldStartWith("DOCKER_HOST: \"tcp://far:2375\" is not a UNIX socket");
    }

    [Fact]
    public void Empty_variables_count_as_absent() =>
        Load("", ("HOSTSWAP_ROOT", ""), ("DOCKER_HOST", ""), ("HOSTSWAP_CONFIG", null)).Paths.Root.ShouldBe("/");

    [Fact]
    public void A_relative_root_in_the_environment_is_refused() =>
        Should.Throw<UsageException>(() => SettingsLoader.Load(null, Environment(("HOSTSWAP_ROOT", "srv"))))
            .Message.ShouldBe("HOSTSWAP_ROOT: \"srv\" is not an absolute path; it must begin with /");

    [Fact]
    public void Everything_wrong_is_reported_at_once_in_the_order_of_the_file()
    {
        var problems = Problems("""
            image = "Not An Image"
            rot = "/"
            [docker]
              endpoint = 3
            subnet = "10.0.0.1/24"
            [storge]
            shared = []
            [migration]
            parallel = 0
            deadline_base = "soon"
            """);

        problems.Select(problem => problem.Split(": ")[0] + " " + problem.Split(": ")[1]).ShouldBe([
            "1:1 image",
            "2:1 rot",
            "4:3 docker.endpoint",
            "5:1 docker.subnet",
            "6:2 storge",
            "9:1 migration.parallel",
            "10:1 migration.deadline_base",
        ]);
        problems[1].ShouldEndWith("did you mean root?");
        problems[4].ShouldEndWith("did you mean storage?");
    }

    [Theory]
    [InlineData("a = 1", "1:1: a: is not a key of the configuration; allowed are root, image, [docker], [storage], [carry], [generation], [migration]")]
    [InlineData("generation.x = 1", "1:1: generation.x: is not a key of the configuration; allowed are generation.ready_timeout, generation.stop_timeout, generation.soak, generation.keep_retired")]
    [InlineData("[elsewhere]\nx = 1", "1:2: elsewhere: is not a table of the configuration; allowed are [docker], [storage]")]
    [InlineData("[docker]\nready_timeout = \"1s\"", "2:1: docker.ready_timeout: is not a key of the configuration; did you mean generation.ready_timeout?")]
    [InlineData("docker = 3", "1:1: docker: is a table and takes no value of its own; write [docker]")]
    [InlineData("[image]", "1:2: image: is a key and not a table")]
    [InlineData("[[docker]]", "1:3: docker: is an array of tables; write it as [docker]")]
    [InlineData("\"docker.network\" = \"x\"", "1:1: \"docker.network\": is not a key of the configuration")]
    [InlineData("root = \"/a\"\nroot = \"/b\"", "2:1: The key `root` is already defined")]
    [InlineData("[docker]\n[docker]", "2:1: The key `docker` is already defined")]
    [InlineData("root = /a", "1:8: Unexpected token")]
    [InlineData("image = [\"x\"]", "1:1: image: is a list; a text in quotes is needed")]
    [InlineData("migration.auto_converge = \"yes\"", "1:1: migration.auto_converge: is a text; true or false is needed")]
    [InlineData("migration.memory_reserve_mib = 1.5", "1:1: migration.memory_reserve_mib: is a number with a fraction; a whole number is needed")]
    [InlineData("storage.shared = [\"/srv\", 3]", "1:27: storage.shared: holds a whole number; only texts are allowed")]
    public void Wrong_keys_and_types_are_told(string text, string expected) => Problem(text).ShouldStartWith(expected);

    [Fact]
    public void After_a_syntax_error_the_rest_is_still_looked_at()
    {
        var problems = Problems("image = tru\n[docker]\nnetwork = \"host\"\nnetwrk = 1\n");

        problems.Count.ShouldBe(2);
        problems[0].ShouldStartWith("1:9: Unexpected token");
        problems[1].ShouldStartWith("3:1: docker.network: \"host\" is a name that Docker keeps for itself");
    }

    [Fact]
    public void Control_characters_of_the_file_do_not_reach_the_message() =>
        Problem("image = \"a\\u001b[2Jb\\n\"").ShouldContain("\"a?[2Jb?\"");

    [Fact]
    public void Escapes_beyond_unicode_are_told() =>
        Problem("image = \"\\UFFFFFFFF\"").ShouldStartWith("1:");

    [Fact]
    public void Deep_nesting_is_told_and_does_not_end_the_process() =>
        Problems("storage.shared = " + new string('[', 200_000)).ShouldNotBeEmpty();
}
