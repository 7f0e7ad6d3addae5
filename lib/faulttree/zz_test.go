package faulttree
import ("testing";"os";"time";"path/filepath";"fmt";"strings")
func TestBench(t *testing.T){
 files,_:=filepath.Glob("/work/shared/faulttree/aralia/*.gz")
 for _,f:=range files {
  if only:=os.Getenv("ONLY"); only!="" && !strings.Contains(f,only) {continue}
  m,err:=Read(f); if err!=nil {t.Fatal(err)}
  c,err:=m.compile("r1",1); if err!=nil{t.Fatal(err)}
  for _,flat:=range []bool{false,true} {
  cc:=c.circuit
  if flat {cc=cc.flatten()}
  line:=fmt.Sprintf("%-20s flat=%v gates %d vars %d mono %v: ",filepath.Base(f),flat,len(cc.gates),cc.vars,cc.monotone())
  for _,rule:=range orderRules {
    t0:=time.Now()
    lim:=12_000_000
    b:=newBDD(t.Context(),lim)
    root,prog,err:=b.evaluate(cc,variableOrder(cc,rule))
    if err!=nil {line+=fmt.Sprintf("| %s FULL %.2f %.2fs ",rule,prog,time.Since(t0).Seconds());continue}
    d:=b.compact(root,nil)
    line+=fmt.Sprintf("| %s %d/%d %.2fs ",rule,len(b.nodes),len(d.nodes),time.Since(t0).Seconds())
  }
  t.Log(line)
  }
 }
}
