using System.Diagnostics;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

public sealed class ConfigurationFileTests : ConfigurationFixture
{
    [Fact]
    public void A_file_that_was_asked_for_must_exist() =>
        LoadMessage().ShouldBe($"{FilePath}: cannot be read: No such file or directory");

    [Fact]
    public void A_dangling_link_in_the_place_of_the_default_file_is_told()
    {
        System.IO.Directory.CreateDirectory(Path.Join(Directory, "etc/hostswap"));
        File.CreateSymbolicLink(Path.Join(Directory, "etc/hostswap/hostswap.toml"), "nowhere");

        Should.Throw<UsageException>(() => SettingsLoader.Load(null, Environment(("HOSTSWAP_ROOT", Directory))))
            .Message.ShouldEndWith("cannot be read: No such file or directory");
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite, "has mode 620")]
    [InlineData(UnixFileMode.OtherWrite, "has mode 602")]
    public void A_file_that_others_may_write_is_refused(UnixFileMode besides, string expected)
    {
        Write("");
        File.SetUnixFileMode(FilePath, UnixFileMode.UserRead | UnixFileMode.UserWrite | besides);

        LoadMessage().ShouldContain(expected);
    }

    [Fact]
    public void A_file_of_another_user_is_refused()
    {
        Assert.SkipUnless(System.Environment.IsPrivilegedProcess, "only root can give a file away");
        Write("");
        Run("chown", "65534", FilePath);

        LoadMessage().ShouldContain("belongs to user 65534");
    }

    [Fact]
    public void A_directory_is_refused()
    {
        System.IO.Directory.CreateDirectory(FilePath);

        LoadMessage().ShouldContain("is not a regular file");
    }

    [Fact]
    public void A_fifo_is_refused_and_not_waited_for()
    {
        Run("mkfifo", FilePath);

        LoadMessage().ShouldContain("is not a regular file");
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_placed()
    {
        Write("");
        File.WriteAllBytes(FilePath, [.. "# ä\nroot"u8, 0xff, .. " = 1"u8]);

        LoadMessage().ShouldBe($"{FilePath}:2:5: the byte here is not UTF-8; TOML files are UTF-8");
    }

    [Fact]
    public void A_byte_order_mark_is_skipped()
    {
        Write("");
        File.WriteAllBytes(FilePath, [0xef, 0xbb, 0xbf, .. "image = \"x:3\""u8]);

        SettingsLoader.Load(FilePath, Environment()).Image.ShouldBe("x:3");
    }

    [Fact]
    public void A_huge_file_is_refused()
    {
        Write(new string('#', (1 << 20) + 1));

        LoadMessage().ShouldContain("at most 1048576 are allowed");
    }

    private string LoadMessage() =>
        Should.Throw<UsageException>(() => SettingsLoader.Load(FilePath, Environment())).Message;

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        process.WaitForExit();
        process.ExitCode.ShouldBe(0);
    }
}
