using CoopGrid.LoadTest.Cluster;

namespace CoopGrid.LoadTest.Tests.Cluster;

public sealed class ProcessTableTests
{
    [Fact]
    public void A_line_is_read_whatever_the_processes_name_is()
    {
        ProcessFacts facts = ProcessTable.Parse("42 (a) Z (b c) T 7 42 42 0 -1 4194560 100 0 0 0 150 50 20 5 20 0 1 0 100 0 0");
        Assert.Equal(new ProcessFacts(7, 'T', TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(250)), facts);
    }

    [Fact]
    public void This_process_lives_and_has_a_parent()
    {
        ProcessFacts facts = ProcessTable.Read(Environment.ProcessId)!.Value;
        Assert.True(facts.Parent > 0 && facts.Own > TimeSpan.Zero);
        Assert.True(ProcessTable.IsAlive(Environment.ProcessId));
        Assert.True(ProcessTable.FamilyTime(Environment.ProcessId) >= facts.Own);
        Assert.Null(ProcessTable.Read(int.MaxValue));
    }
}
