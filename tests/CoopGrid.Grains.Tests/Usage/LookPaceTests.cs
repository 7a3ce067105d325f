using CoopGrid.Grains.Usage;
using Xunit;

namespace CoopGrid.Grains.Tests.Usage;

public sealed class LookPaceTests
{
    [Fact]
    public void The_first_look_is_at_once_and_the_next_when_twice_its_time_has_passed()
    {
        var pace = new LookPace();
        Assert.True(pace.IsDue(0));
        pace.Looked(1000, 4000);
        Assert.False(pace.IsDue(9_999));
        Assert.True(pace.IsDue(10_000));
    }

    [Fact]
    public void No_pause_is_longer_than_ten_seconds()
    {
        var pace = new LookPace();
        pace.Looked(0, 60_000_000);
        Assert.False(pace.IsDue(69_999_999));
        Assert.True(pace.IsDue(70_000_000));
    }
}
